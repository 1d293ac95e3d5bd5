package wiregrpc

import (
	"encoding/json"

	"google.golang.org/protobuf/encoding/protojson"

	"slipway.dev/executor/payload"
	seldon "slipway.dev/executor/proto/seldon"
)

var seldonServices = []service{{
	name: seldon.Seldon_ServiceDesc.ServiceName,
	file: "seldon/prediction.proto",
	methods: []method{
		{"Predict", func(r *request) (payload.Message, error) {
			return r.graph.Predict(r.ctx, r.Ask, message(SeldonMessage, r.bytes))
		}},
		{"SendFeedback", func(r *request) (payload.Message, error) {
			return seldonFeedback(r)
		}},
		{"ModelMetadata", seldonModel},
		{"GraphMetadata", seldonGraph},
	},
}}

// seldonFeedback answers with a SeldonMessage: an empty one where no unit took the feedback.
func seldonFeedback(r *request) (payload.Message, error) {
	answered, err := r.graph.Feedback(r.ctx, r.Ask, message(Feedback, r.bytes))
	if err == nil && kindOf(answered) != SeldonMessage {
		return answer(SeldonMessage, nil), nil
	}
	return answered, err
}

func seldonModel(r *request) (payload.Message, error) {
	name := string(field(r.bytes, 1))
	r.Model = name
	said, err := r.graph.Metadata(r.ctx, r.Ask, name)
	if err != nil || said.ContentType == ContentType {
		return said, err
	}
	// A built-in unit's metadata is JSON on every transport.
	decoded := &seldon.SeldonModelMetadata{}
	if err := lenient.Unmarshal(said.Bytes, decoded); err != nil {
		return payload.Message{}, err
	}
	return encoded(SeldonMetadata, decoded)
}

// seldonGraph writes the graph's metadata, whose parts are JSON on every transport.
func seldonGraph(r *request) (payload.Message, error) {
	made, err := r.graph.GraphMetadata(r.ctx, r.Ask)
	if err != nil {
		return payload.Message{}, err
	}
	text, err := json.Marshal(map[string]any{
		"name": made.Name, "models": made.Models, "inputs": made.Inputs, "outputs": made.Outputs,
	})
	if err != nil {
		return payload.Message{}, err
	}
	decoded := &seldon.SeldonGraphMetadata{}
	if err := lenient.Unmarshal(text, decoded); err != nil {
		return payload.Message{}, err
	}
	return encoded(other, decoded)
}

// lenient reads metadata of units, which may say more than the protocol has.
var lenient = protojson.UnmarshalOptions{DiscardUnknown: true}
