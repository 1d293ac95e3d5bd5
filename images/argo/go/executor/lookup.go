package executor

// Lookup is what labels.Labels asks for since Kubernetes 1.34, whose libraries this version of Argo does not know yet.
func (g gjsonLabels) Lookup(label string) (value string, exists bool) {
	return g.Get(label), g.Has(label)
}
