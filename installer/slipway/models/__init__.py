"""A user's model: from a directory to an image in the cluster, and to a SeldonDeployment that answers."""
