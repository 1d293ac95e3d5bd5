package wiregrpc

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"slipway.dev/executor/payload"
	seldon "slipway.dev/executor/proto/seldon"
)

// SeldonCodec looks into SeldonMessages and Feedbacks.
type SeldonCodec struct{}

var _ payload.Codec = SeldonCodec{}

// Chain changes nothing: a SeldonMessage is request and answer.
func (SeldonCodec) Chain(message payload.Message) (payload.Message, error) { return message, nil }

// Route reads the first number of a router's answer; all children (-1) where it has no data.
func (SeldonCodec) Route(answer payload.Message) (int, error) {
	decoded := &seldon.SeldonMessage{}
	if err := decode(answer, decoded); err != nil {
		return 0, err
	}
	if decoded.GetData().GetDataOneof() == nil {
		return -1, nil
	}
	tensor, err := dataTensor(decoded.GetData())
	if err != nil {
		return 0, fmt.Errorf("the router's answer names no branch: %w", err)
	}
	if len(tensor.Values) == 0 {
		return 0, errors.New("the router's answer names no branch: it is empty")
	}
	return int(tensor.Values[0]), nil
}

// FeedbackRoute reads response.meta.routing, without decoding the rest of the feedback.
func (SeldonCodec) FeedbackRoute(feedback payload.Message, unit string) int {
	const response, meta = 2, 2
	decoded := &seldon.Meta{}
	if proto.Unmarshal(field(field(feedback.Bytes, response), meta), decoded) != nil {
		return -1
	}
	if route, ok := decoded.GetRouting()[unit]; ok {
		return int(route)
	}
	return -1
}

// WithRouting puts routing in the place of the answer's own, where the answer has meta.
func (SeldonCodec) WithRouting(answered payload.Message, routing map[string]int) (payload.Message, error) {
	decoded := &seldon.SeldonMessage{}
	if err := decode(answered, decoded); err != nil {
		return answered, err
	}
	if decoded.GetMeta() == nil {
		return answered, nil
	}
	decoded.Meta.Routing = make(map[string]int32, len(routing))
	for unit, branch := range routing {
		decoded.Meta.Routing[unit] = int32(branch)
	}
	return encoded(SeldonMessage, decoded)
}

// Tensor reads data.
func (SeldonCodec) Tensor(message payload.Message) (payload.Tensor, error) {
	decoded := &seldon.SeldonMessage{}
	if err := decode(message, decoded); err != nil {
		return payload.Tensor{}, err
	}
	return dataTensor(decoded.GetData())
}

// FromTensor writes a SeldonMessage.
func (SeldonCodec) FromTensor(tensor payload.Tensor, like ...payload.Message) (payload.Message, error) {
	made := &seldon.SeldonMessage{Meta: &seldon.Meta{}}
	nested := false
	for i, message := range like {
		decoded := &seldon.SeldonMessage{}
		if err := decode(message, decoded); err != nil {
			return payload.Message{}, err
		}
		if i == 0 {
			nested = decoded.GetData().GetNdarray() != nil
		}
		// proto.Merge does what answers together mean: entries of maps win over earlier ones, metrics stand behind each
		// other. Only the id stays the first one's.
		puid := made.Meta.GetPuid()
		if decoded.GetMeta() != nil {
			proto.Merge(made.Meta, decoded.GetMeta())
		}
		if puid != "" {
			made.Meta.Puid = puid
		}
	}
	data, err := tensorData(tensor, nested)
	made.DataOneof = &seldon.SeldonMessage_Data{Data: data}
	if err != nil {
		return payload.Message{}, err
	}
	return encoded(SeldonMessage, made)
}
