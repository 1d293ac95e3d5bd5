package graph

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

// Variable is the environment variable with the predictor: base64 of its JSON.
const Variable = "ENGINE_PREDICTOR"

// Load reads the predictor of that name from a SeldonDeployment's file (YAML or JSON), or where file is empty, the one in
// the environment. It comes with defaults; Check says whether it can be served.
func Load(name, file string) (*Predictor, error) {
	if file != "" {
		return fromFile(name, file)
	}
	encoded := os.Getenv(Variable)
	if encoded == "" {
		return nil, fmt.Errorf("no graph: neither --file nor the environment variable %s is there", Variable)
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("%s is not base64: %w", Variable, err)
	}
	predictor := &Predictor{}
	if err := json.Unmarshal(text, predictor); err != nil {
		return nil, fmt.Errorf("%s does not hold a predictor: %w", Variable, err)
	}
	predictor.Graph.All((*Unit).setDefaults)
	return predictor, nil
}

func fromFile(name, file string) (*Predictor, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var deployment struct {
		Spec struct {
			Predictors []*Predictor `json:"predictors"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &deployment); err != nil {
		return nil, fmt.Errorf("%s is not a SeldonDeployment: %w", file, err)
	}
	for _, predictor := range deployment.Spec.Predictors {
		if predictor.Name == name {
			predictor.Graph.All((*Unit).setDefaults)
			return predictor, nil
		}
	}
	return nil, fmt.Errorf("%s has no predictor %q", file, name)
}

// builtins is the type of each implementation that the program has itself.
var builtins = map[string]Type{
	SimpleModel: Model, SimpleRouter: Router, RandomABTest: Router, AverageCombiner: Combiner,
}

// The implementations that the program has itself.
const (
	SimpleModel     = "SIMPLE_MODEL"
	SimpleRouter    = "SIMPLE_ROUTER"
	RandomABTest    = "RANDOM_ABTEST"
	AverageCombiner = "AVERAGE_COMBINER"
)

// Builtin says whether the program serves the unit itself.
func (u *Unit) Builtin() bool { return builtins[u.Implementation] != "" }

// setDefaults gives the type that follows from the implementation, or MODEL to a unit that says nothing of itself.
func (u *Unit) setDefaults() {
	if u.Type != "" && u.Type != Unknown {
		return
	}
	switch {
	case u.Builtin():
		u.Type = builtins[u.Implementation]
	case u.Type == "" && len(u.Methods) == 0:
		u.Type = Model
	}
}
