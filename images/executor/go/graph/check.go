package graph

import (
	"fmt"
	"slices"
	"strconv"
)

// Check says in a sentence why the predictor cannot be served with the protocol; nil where it can.
func (p *Predictor) Check(protocol string) error {
	seen := map[string]bool{}
	var wrong error
	p.Graph.All(func(unit *Unit) {
		if err := unit.check(protocol, seen); err != nil && wrong == nil {
			wrong = err
		}
	})
	return wrong
}

func (u *Unit) check(protocol string, seen map[string]bool) error {
	switch {
	case u.Name == "":
		return fmt.Errorf("a unit of the graph has no name")
	case seen[u.Name]:
		return fmt.Errorf("two units of the graph are named %q", u.Name)
	case u.Type != "" && !slices.Contains(types, u.Type):
		return fmt.Errorf("unit %q has the type %q, which is none of %v", u.Name, u.Type, types)
	}
	seen[u.Name] = true
	for _, method := range u.Methods {
		if !slices.Contains(methods, method) {
			return fmt.Errorf("unit %q has the method %q, which is none of %v", u.Name, method, methods)
		}
	}
	if u.Builtin() {
		return u.checkBuiltin(protocol)
	}
	if u.called() && u.Address(false) == "" && u.Address(true) == "" {
		return fmt.Errorf("unit %q has no endpoint: service_host and a port are needed", u.Name)
	}
	return nil
}

var (
	types   = []Type{Unknown, Router, Combiner, Model, Transformer, OutputTransformer}
	methods = []Method{TransformInput, TransformOutput, Route, Aggregate, SendFeedback}
)

func (u *Unit) called() bool {
	return u.Type == Model || slices.ContainsFunc(methods, u.Calls)
}

func (u *Unit) checkBuiltin(protocol string) error {
	switch u.Implementation {
	case RandomABTest:
		if len(u.Children) != 2 {
			return fmt.Errorf("unit %q: RANDOM_ABTEST chooses between two children, not %d", u.Name, len(u.Children))
		}
		_, err := u.RatioA()
		return err
	case SimpleRouter:
		if len(u.Children) == 0 {
			return fmt.Errorf("unit %q: SIMPLE_ROUTER has no child to choose", u.Name)
		}
	case SimpleModel, AverageCombiner:
		if protocol != "seldon" {
			return fmt.Errorf("unit %q: %s answers in the protocol seldon only, not %q", u.Name, u.Implementation, protocol)
		}
	}
	return nil
}

// RatioA is the share of requests that RANDOM_ABTEST gives to its first child, from 0 to 1.
func (u *Unit) RatioA() (float64, error) {
	text := u.Parameter("ratioA", "0.5")
	ratio, err := strconv.ParseFloat(text, 64)
	if err != nil || ratio < 0 || ratio > 1 {
		return 0, fmt.Errorf("unit %q: the parameter ratioA is %q, not a number from 0 to 1", u.Name, text)
	}
	return ratio, nil
}
