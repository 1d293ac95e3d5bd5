package wiregrpc

import (
	"context"
	"encoding/json"

	"google.golang.org/protobuf/encoding/protojson"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/proto/inference"
)

// V2Units is client.Unit for servers of the Open Inference Protocol. A router and a combiner cannot be called over its
// gRPC: the protocol has no methods for them.
type V2Units struct {
	*Units
	modelsOnly
}

var _ client.Unit = V2Units{}

// Predict calls ModelInfer; a request without a model's name gets the unit's.
func (u V2Units) Predict(ctx context.Context, call client.Call, request payload.Message) (payload.Message, error) {
	bytes := request.Bytes
	if len(field(bytes, 1)) == 0 {
		bytes = withField(bytes, 1, []byte(call.Model))
	}
	received, err := u.invoke(ctx, call, inference.GRPCInferenceService_ModelInfer_FullMethodName, bytes)
	return answer(InferResponse, received), err
}

// TransformInput is Predict: the protocol knows models only.
func (u V2Units) TransformInput(
	ctx context.Context, call client.Call, request payload.Message,
) (payload.Message, error) {
	return u.Predict(ctx, call, request)
}

// TransformOutput is Predict.
func (u V2Units) TransformOutput(
	ctx context.Context, call client.Call, answer payload.Message,
) (payload.Message, error) {
	return u.Predict(ctx, call, answer)
}

// Status is ModelReady.
func (u V2Units) Status(ctx context.Context, call client.Call) (payload.Message, error) {
	return u.about(ctx, call, inference.GRPCInferenceService_ModelReady_FullMethodName,
		&inference.ModelReadyRequest{Name: call.Model})
}

// Metadata is ModelMetadata of the protocol.
func (u V2Units) Metadata(ctx context.Context, call client.Call) (payload.Message, error) {
	return u.about(ctx, call, inference.GRPCInferenceService_ModelMetadata_FullMethodName,
		&inference.ModelMetadataRequest{Name: call.Model})
}

// ModelMetadata is Metadata, decoded.
func (u V2Units) ModelMetadata(ctx context.Context, call client.Call) (client.ModelMetadata, error) {
	metadata, err := u.Metadata(ctx, call)
	if err != nil {
		return client.ModelMetadata{}, err
	}
	said := &inference.ModelMetadataResponse{}
	if err := decode(metadata, said); err != nil {
		return client.ModelMetadata{}, err
	}
	made := client.ModelMetadata{Name: said.GetName(), Platform: said.GetPlatform(), Versions: said.GetVersions()}
	text, err := protojson.Marshal(&inference.ModelMetadataResponse{Inputs: said.GetInputs(), Outputs: said.GetOutputs()})
	if err != nil {
		return client.ModelMetadata{}, err
	}
	err = json.Unmarshal(text, &made)
	return made, err
}
