package walk

import (
	"context"
	"encoding/json"

	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
)

// Metadata is what a predictor says of itself: its units' metadata, and what its graph takes and gives.
type Metadata struct {
	Name    string                          `json:"name"`
	Models  map[string]client.ModelMetadata `json:"models"`
	Inputs  json.RawMessage                 `json:"graphinputs"`
	Outputs json.RawMessage                 `json:"graphoutputs"`
}

// GraphMetadata asks all units. One that fails fails all, with its answer's error.
func (g *Graph) GraphMetadata(ctx context.Context, ask Ask) (*Metadata, error) {
	made := &Metadata{Name: g.Predictor.Name, Models: map[string]client.ModelMetadata{}}
	var wrong error
	g.Predictor.Graph.All(func(unit *graph.Unit) {
		if wrong == nil {
			made.Models[unit.Name], wrong = g.of(unit).ModelMetadata(ctx, ask.call(unit))
		}
	})
	if wrong != nil {
		return nil, wrong
	}
	made.Inputs, made.Outputs = made.edges(&g.Predictor.Graph)
	return made, nil
}

// edges gives the inputs of the unit that a request comes to first, and the outputs of the one that answers. Of several
// children the first stands for all.
func (m *Metadata) edges(unit *graph.Unit) (inputs, outputs json.RawMessage) {
	own := m.Models[unit.Name]
	if len(unit.Children) == 0 {
		return own.Inputs, own.Outputs
	}
	inputs, outputs = m.edges(unit.Children[0])
	switch unit.Type {
	case graph.Model, graph.Transformer:
		inputs = own.Inputs
	case graph.OutputTransformer, graph.Combiner:
		outputs = own.Outputs
	}
	return inputs, outputs
}
