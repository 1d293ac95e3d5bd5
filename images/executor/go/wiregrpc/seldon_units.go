package wiregrpc

import (
	"context"
	"encoding/json"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
	seldon "slipway.dev/executor/proto/seldon"
)

// SeldonUnits is client.Unit for units that speak Seldon's protocol.
type SeldonUnits struct{ *Units }

var _ client.Unit = SeldonUnits{}

func (u SeldonUnits) call(ctx context.Context, call client.Call, method string, request []byte) (payload.Message, error) {
	received, err := u.invoke(ctx, call, method, request)
	return answer(SeldonMessage, received), err
}

// Predict calls a MODEL.
func (u SeldonUnits) Predict(ctx context.Context, call client.Call, request payload.Message) (payload.Message, error) {
	return u.call(ctx, call, seldon.Model_Predict_FullMethodName, request.Bytes)
}

// TransformInput calls a TRANSFORMER.
func (u SeldonUnits) TransformInput(
	ctx context.Context, call client.Call, request payload.Message,
) (payload.Message, error) {
	return u.call(ctx, call, seldon.Transformer_TransformInput_FullMethodName, request.Bytes)
}

// TransformOutput calls an OUTPUT_TRANSFORMER.
func (u SeldonUnits) TransformOutput(
	ctx context.Context, call client.Call, answer payload.Message,
) (payload.Message, error) {
	return u.call(ctx, call, seldon.OutputTransformer_TransformOutput_FullMethodName, answer.Bytes)
}

// Route calls a ROUTER.
func (u SeldonUnits) Route(ctx context.Context, call client.Call, request payload.Message) (payload.Message, error) {
	return u.call(ctx, call, seldon.Router_Route_FullMethodName, request.Bytes)
}

// Aggregate calls a COMBINER with a SeldonMessageList, made of the answers as they are.
func (u SeldonUnits) Aggregate(
	ctx context.Context, call client.Call, answers []payload.Message,
) (payload.Message, error) {
	return u.call(ctx, call, seldon.Combiner_Aggregate_FullMethodName, list(answers))
}

func list(messages []payload.Message) []byte {
	size := 0
	for _, message := range messages {
		size += 1 + protowire.SizeBytes(len(message.Bytes))
	}
	made := make([]byte, 0, size)
	for _, message := range messages {
		made = protowire.AppendBytes(protowire.AppendTag(made, 1, protowire.BytesType), message.Bytes)
	}
	return made
}

// Feedback calls SendFeedback, of service Model for every type of unit as upstream does.
func (u SeldonUnits) Feedback(ctx context.Context, call client.Call, feedback payload.Message) (payload.Message, error) {
	return u.call(ctx, call, seldon.Model_SendFeedback_FullMethodName, feedback.Bytes)
}

// Status is not in Seldon's protocol over gRPC.
func (u SeldonUnits) Status(_ context.Context, call client.Call) (payload.Message, error) {
	return payload.Message{}, unserved(call, "status")
}

// Metadata asks a unit what it is: a SeldonModelMetadata.
func (u SeldonUnits) Metadata(ctx context.Context, call client.Call) (payload.Message, error) {
	received, err := u.invoke(ctx, call, seldon.Model_Metadata_FullMethodName, nil)
	return answer(SeldonMetadata, received), err
}

// ModelMetadata is Metadata, decoded.
func (u SeldonUnits) ModelMetadata(ctx context.Context, call client.Call) (client.ModelMetadata, error) {
	metadata, err := u.Metadata(ctx, call)
	if err != nil {
		return client.ModelMetadata{}, err
	}
	said := &seldon.SeldonModelMetadata{}
	if err := decode(metadata, said); err != nil {
		return client.ModelMetadata{}, err
	}
	inputs, err := tensorsJSON(said.GetInputs())
	if err != nil {
		return client.ModelMetadata{}, err
	}
	outputs, err := tensorsJSON(said.GetOutputs())
	return client.ModelMetadata{
		Name: said.GetName(), Platform: said.GetPlatform(), Versions: said.GetVersions(),
		Inputs: inputs, Outputs: outputs, Custom: said.GetCustom(),
	}, err
}

func tensorsJSON(tensors []*seldon.SeldonMessageMetadata) (json.RawMessage, error) {
	each := make([]json.RawMessage, 0, len(tensors))
	for _, tensor := range tensors {
		text, err := protojson.Marshal(tensor)
		if err != nil {
			return nil, err
		}
		each = append(each, text)
	}
	return json.Marshal(each)
}
