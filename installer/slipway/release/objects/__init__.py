"""Objects in a cluster: their order, one listing of each kind, those of CRDs' kinds."""
