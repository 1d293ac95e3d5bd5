package graph

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// Calls says whether the unit has the method, by its type or by name.
func (u *Unit) Calls(method Method) bool {
	switch {
	case slices.Contains(u.Methods, method):
		return true
	case method == TransformInput:
		return u.Type == Transformer
	case method == TransformOutput:
		return u.Type == OutputTransformer
	case method == Route:
		return u.Type == Router
	case method == Aggregate:
		return u.Type == Combiner
	case method == SendFeedback:
		return u.Type == Model || u.Type == Router
	}
	return false
}

// Logs says whether payloads of this direction (LogRequest or LogResponse) are logged.
func (u *Unit) Logs(direction LogMode) bool {
	return u.Logger != nil && (u.Logger.Mode == LogAll || u.Logger.Mode == direction)
}

// Parameter gives a parameter's value, or otherwise where it is not set.
func (u *Unit) Parameter(name, otherwise string) string {
	for _, parameter := range u.Parameters {
		if parameter.Name == name {
			return parameter.Value
		}
	}
	return otherwise
}

// Find gives the unit of that name at or below this one; nil where there is none.
func (u *Unit) Find(name string) *Unit {
	if u.Name == name {
		return u
	}
	for _, child := range u.Children {
		if found := child.Find(name); found != nil {
			return found
		}
	}
	return nil
}

// All calls visit for this unit and all below it, parents first.
func (u *Unit) All(visit func(*Unit)) {
	visit(u)
	for _, child := range u.Children {
		child.All(visit)
	}
}

// Address is "host:port" of the unit for a transport; empty where the unit has none (a built-in).
func (u *Unit) Address(grpc bool) string {
	port := u.Endpoint.HTTPPort
	if grpc {
		port = u.Endpoint.GRPCPort
	}
	if port == 0 {
		port = u.Endpoint.ServicePort
	}
	if port == 0 || u.Endpoint.ServiceHost == "" {
		return ""
	}
	return net.JoinHostPort(u.Endpoint.ServiceHost, strconv.Itoa(port))
}

// Image gives the image and its tag of the container that has the unit's name; empty where there is none. As upstream,
// the tag is empty too where the name has several colons (a registry with a port).
func (p *Predictor) Image(unit string) (name, tag string) {
	for _, component := range p.ComponentSpecs {
		for _, container := range component.Spec.Containers {
			if container.Name == unit {
				parts := strings.Split(container.Image, ":")
				if len(parts) == 2 {
					return parts[0], parts[1]
				}
				return parts[0], ""
			}
		}
	}
	return "", ""
}

// Version is the predictor's version in labels of metrics.
func (p *Predictor) Version() string { return p.Annotations["version"] }
