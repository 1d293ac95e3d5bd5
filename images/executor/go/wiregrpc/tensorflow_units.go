package wiregrpc

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/proto/serving"
)

// TensorflowUnits is client.Unit for TensorFlow Serving. It knows models only: no routers, no combiners.
type TensorflowUnits struct {
	*Units
	modelsOnly
}

var _ client.Unit = TensorflowUnits{}

var predictions = map[Kind]string{
	PredictRequest:  serving.PredictionService_Predict_FullMethodName,
	ClassifyRequest: serving.PredictionService_Classify_FullMethodName,
	RegressRequest:  serving.PredictionService_Regress_FullMethodName,
	MultiRequest:    serving.PredictionService_MultiInference_FullMethodName,
}

// Predict calls the method that the request's kind belongs to; a request without a model gets the unit's name.
func (u TensorflowUnits) Predict(
	ctx context.Context, call client.Call, request payload.Message,
) (payload.Message, error) {
	kind := kindOf(request)
	method, ok := predictions[kind]
	if !ok {
		return payload.Message{}, fmt.Errorf("unit %s: a %s is no request of TensorFlow Serving", call.Unit.Name, kind)
	}
	bytes := request.Bytes
	if kind != MultiRequest && field(bytes, 1) == nil {
		spec, err := proto.Marshal(&serving.ModelSpec{Name: call.Model})
		if err != nil {
			return payload.Message{}, err
		}
		bytes = withField(bytes, 1, spec)
	}
	received, err := u.invoke(ctx, call, method, bytes)
	if kind == PredictRequest {
		return answer(PredictResponse, received), err
	}
	return answer(other, received), err
}

// TransformInput is Predict.
func (u TensorflowUnits) TransformInput(
	ctx context.Context, call client.Call, request payload.Message,
) (payload.Message, error) {
	return u.Predict(ctx, call, request)
}

// TransformOutput is Predict.
func (u TensorflowUnits) TransformOutput(
	ctx context.Context, call client.Call, answer payload.Message,
) (payload.Message, error) {
	return u.Predict(ctx, call, answer)
}

// Status is GetModelStatus.
func (u TensorflowUnits) Status(ctx context.Context, call client.Call) (payload.Message, error) {
	return u.about(ctx, call, serving.ModelService_GetModelStatus_FullMethodName,
		&serving.GetModelStatusRequest{ModelSpec: &serving.ModelSpec{Name: call.Model}})
}

// Metadata is GetModelMetadata, of the signatures where the caller did not say what it wants.
func (u TensorflowUnits) Metadata(ctx context.Context, call client.Call) (payload.Message, error) {
	return u.about(ctx, call, serving.PredictionService_GetModelMetadata_FullMethodName,
		&serving.GetModelMetadataRequest{
			ModelSpec: &serving.ModelSpec{Name: call.Model}, MetadataField: []string{"signature_def"},
		})
}

// ModelMetadata is not made of TensorFlow's metadata, as upstream.
func (u TensorflowUnits) ModelMetadata(context.Context, client.Call) (client.ModelMetadata, error) {
	return client.ModelMetadata{}, status.Error(codes.Unimplemented, "no metadata of a graph of TensorFlow's servers")
}
