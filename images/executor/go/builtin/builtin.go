// Package builtin has the units that the program serves itself.
package builtin

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

// Branch is where a built-in unit sends a request: its first or second child by chance (RANDOM_ABTEST), always the first
// (SIMPLE_ROUTER), or all of them (-1).
func Branch(unit *graph.Unit) int {
	switch unit.Implementation {
	case graph.SimpleRouter:
		return 0
	case graph.RandomABTest:
		ratio, err := unit.RatioA()
		if err == nil && rand.Float64() >= ratio {
			return 1
		}
		return 0
	}
	return -1
}

// Unit answers as the built-in units do.
type Unit struct{ Codec payload.Codec }

var _ client.Unit = Unit{}

// constant is what SIMPLE_MODEL answers, whatever it is asked.
var constant = payload.Tensor{
	Names:  []string{"class0", "class1", "class2"},
	Shape:  []int{1, 3},
	Values: []float64{0.1, 0.9, 0.5},
}

// Predict is SIMPLE_MODEL's constant.
func (u Unit) Predict(_ context.Context, _ client.Call, request payload.Message) (payload.Message, error) {
	return u.Codec.FromTensor(constant, request)
}

// Aggregate is AVERAGE_COMBINER: the mean of each number over all answers, with the names of the first.
func (u Unit) Aggregate(_ context.Context, call client.Call, answers []payload.Message) (payload.Message, error) {
	var mean payload.Tensor
	for i, answer := range answers {
		tensor, err := u.Codec.Tensor(answer)
		if err != nil {
			return payload.Message{}, fmt.Errorf("unit %q cannot average answer %d of its children: %w", call.Unit.Name, i, err)
		}
		if i == 0 {
			mean = tensor
			mean.Values = make([]float64, len(tensor.Values))
		} else if !slices.Equal(mean.Shape, tensor.Shape) {
			return payload.Message{}, fmt.Errorf("unit %q cannot average answers of different shapes: %v from child 0, %v from child %d",
				call.Unit.Name, mean.Shape, tensor.Shape, i)
		}
		for at, value := range tensor.Values {
			mean.Values[at] += value
		}
	}
	for at := range mean.Values {
		mean.Values[at] /= float64(len(answers))
	}
	return u.Codec.FromTensor(mean, answers...)
}

// TransformInput changes nothing.
func (Unit) TransformInput(_ context.Context, _ client.Call, request payload.Message) (payload.Message, error) {
	return request, nil
}

// TransformOutput changes nothing.
func (Unit) TransformOutput(_ context.Context, _ client.Call, answer payload.Message) (payload.Message, error) {
	return answer, nil
}

// Route is not asked: Branch answers without a message.
func (Unit) Route(_ context.Context, call client.Call, _ payload.Message) (payload.Message, error) {
	return payload.Message{}, fmt.Errorf("unit %q is built in and routes without a call", call.Unit.Name)
}

// Feedback changes nothing.
func (Unit) Feedback(_ context.Context, _ client.Call, feedback payload.Message) (payload.Message, error) {
	return feedback, nil
}

// Status is always well.
func (Unit) Status(context.Context, client.Call) (payload.Message, error) {
	return payload.Message{Bytes: []byte("{}"), ContentType: "application/json", Answer: true}, nil
}

// Metadata is ModelMetadata as JSON.
func (u Unit) Metadata(ctx context.Context, call client.Call) (payload.Message, error) {
	decoded, err := u.ModelMetadata(ctx, call)
	if err != nil {
		return payload.Message{}, err
	}
	written, err := json.Marshal(decoded)
	return payload.Message{Bytes: written, ContentType: "application/json", Answer: true}, err
}

// ModelMetadata names the implementation as the platform.
func (Unit) ModelMetadata(_ context.Context, call client.Call) (client.ModelMetadata, error) {
	none := json.RawMessage("[]")
	return client.ModelMetadata{
		Name: call.Unit.Name, Platform: call.Unit.Implementation, Versions: []string{}, Inputs: none, Outputs: none,
	}, nil
}
