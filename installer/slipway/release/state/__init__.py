"""What the cluster and this machine keep of an installation: records, revisions, the lock, the journal."""
