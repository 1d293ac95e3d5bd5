"""Clients of what runs in the cluster, as this machine reaches it: by a node's port, without a proxy."""
