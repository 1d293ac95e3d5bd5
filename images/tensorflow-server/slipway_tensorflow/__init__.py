"""TensorFlow Serving's interface (REST v1, gRPC) for SavedModels, on TensorFlow itself."""
