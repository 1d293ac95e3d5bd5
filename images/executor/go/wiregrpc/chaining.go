package wiregrpc

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"slipway.dev/executor/payload"
)

// chaining is a codec of a protocol that knows models alone: an answer becomes a request by its fields' numbers.
type chaining struct {
	answers, requests Kind
	numbers           map[protowire.Number]protowire.Number
}

// V2Codec chains answers of the Open Inference Protocol: id and parameters stay, outputs become inputs, raw or not;
// the next unit gives the model's name.
func V2Codec() payload.Codec {
	return chaining{InferResponse, InferRequest, map[protowire.Number]protowire.Number{3: 3, 4: 4, 5: 5, 6: 7}}
}

// TensorflowCodec chains answers of TensorFlow Serving: outputs become inputs.
func TensorflowCodec() payload.Codec {
	return chaining{PredictResponse, PredictRequest, map[protowire.Number]protowire.Number{1: 2}}
}

var errModelsOnly = errors.New("built-in units and routers speak the protocol seldon alone")

func (c chaining) Chain(message payload.Message) (payload.Message, error) {
	if kind := kindOf(message); kind != c.answers {
		return message, fmt.Errorf("a %s cannot be the next unit's request", kind)
	}
	bytes, err := renumbered(message.Bytes, c.numbers)
	message.Bytes, message.Proto = bytes, c.requests
	return message, err
}

func (chaining) Route(payload.Message) (int, error) { return 0, errModelsOnly }

func (chaining) FeedbackRoute(payload.Message, string) int { return -1 }

func (chaining) WithRouting(answer payload.Message, _ map[string]int) (payload.Message, error) {
	return answer, nil
}

func (chaining) Tensor(payload.Message) (payload.Tensor, error) {
	return payload.Tensor{}, errModelsOnly
}

func (chaining) FromTensor(payload.Tensor, ...payload.Message) (payload.Message, error) {
	return payload.Message{}, errModelsOnly
}
