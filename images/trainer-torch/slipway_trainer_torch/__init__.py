"""A convolutional network for handwritten digits on PyTorch: one process, or several with DistributedDataParallel."""
