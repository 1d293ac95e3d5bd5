"""A convolutional network for handwritten digits on TensorFlow with a parameter server, as a TFJob runs it."""
