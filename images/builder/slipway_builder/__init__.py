"""From a model's directory to an image in a registry, inside a Pod, without a container runtime."""
