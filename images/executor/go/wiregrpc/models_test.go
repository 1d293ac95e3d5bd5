package wiregrpc

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/proto/inference"
	"slipway.dev/executor/proto/serving"
	"slipway.dev/executor/proto/tensorflow"
	"slipway.dev/executor/walk"
)

// v2 is a server of the Open Inference Protocol that gives its inputs back, and keeps what it was asked.
type v2 struct {
	inference.UnimplementedGRPCInferenceServiceServer
	asked []*inference.ModelInferRequest
	named []string
}

func (s *v2) ModelInfer(_ context.Context, in *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	s.asked = append(s.asked, in)
	out := &inference.ModelInferResponse{ModelName: "loaded", Id: in.GetId(), RawOutputContents: in.GetRawInputContents()}
	for _, input := range in.GetInputs() {
		out.Outputs = append(out.Outputs, &inference.ModelInferResponse_InferOutputTensor{
			Name: input.GetName(), Datatype: input.GetDatatype(), Shape: input.GetShape(),
			Parameters: input.GetParameters(), Contents: input.GetContents(),
		})
	}
	return out, nil
}

func (s *v2) ModelReady(_ context.Context, in *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
	s.named = append(s.named, in.GetName()+":"+in.GetVersion())
	return &inference.ModelReadyResponse{Ready: true}, nil
}

func (s *v2) ModelMetadata(
	_ context.Context, in *inference.ModelMetadataRequest,
) (*inference.ModelMetadataResponse, error) {
	return &inference.ModelMetadataResponse{Name: in.GetName(), Platform: "fake"}, nil
}

func (s *v2) at(t *testing.T, name string, children ...*graph.Unit) *graph.Unit {
	return unit(t, name, graph.Model, func(server *grpc.Server) {
		inference.RegisterGRPCInferenceServiceServer(server, s)
	}, children...)
}

func v2Client(t *testing.T, root *graph.Unit, options Options) inference.GRPCInferenceServiceClient {
	units := NewUnits(Limits{}, nil, nil)
	t.Cleanup(units.Close)
	options.Protocol = "v2"
	return inference.NewGRPCInferenceServiceClient(orchestrator(t, &walk.Graph{
		Predictor: &graph.Predictor{Name: "p", Graph: *root}, Units: V2Units{Units: units}, Codec: V2Codec(),
	}, options))
}

func TestOutputsBecomeTheNextModelsInputsWithRawContents(t *testing.T) {
	first, second := &v2{}, &v2{}
	caller := v2Client(t, first.at(t, "first", second.at(t, "second")), Options{})
	raw := [][]byte{{1, 2, 3, 4}}
	sent := &inference.ModelInferRequest{
		Id: "i", RawInputContents: raw,
		Inputs: []*inference.ModelInferRequest_InferInputTensor{{
			Name: "x", Datatype: "FP32", Shape: []int64{1},
			Parameters: map[string]*inference.InferParameter{
				"content_type": {ParameterChoice: &inference.InferParameter_StringParam{StringParam: "np"}},
			},
		}},
	}
	got, err := caller.ModelInfer(within(t), sent)
	if err != nil {
		t.Fatal(err)
	}
	if first.asked[0].GetModelName() != "first" || second.asked[0].GetModelName() != "second" {
		t.Errorf("asked %q, then %q", first.asked[0].GetModelName(), second.asked[0].GetModelName())
	}
	want := proto.Clone(sent).(*inference.ModelInferRequest)
	want.ModelName = "second"
	if !proto.Equal(second.asked[0], want) || got.GetId() != "i" || string(got.GetRawOutputContents()[0]) != string(raw[0]) {
		t.Errorf("second got %v, the caller %v", second.asked[0], got)
	}
}

func TestTheCallersModelNameGoesToEveryModel(t *testing.T) {
	first, second := &v2{}, &v2{}
	caller := v2Client(t, first.at(t, "first", second.at(t, "second")), Options{})
	if _, err := caller.ModelInfer(within(t), &inference.ModelInferRequest{ModelName: "chosen"}); err != nil {
		t.Fatal(err)
	}
	if first.asked[0].GetModelName() != "chosen" || second.asked[0].GetModelName() != "chosen" {
		t.Errorf("asked %v, then %v", first.asked, second.asked)
	}
}

func TestModelsAndServerSayThatTheyAreReady(t *testing.T) {
	server := &v2{}
	notYet := errors.New("not yet")
	caller := v2Client(t, server.at(t, "m"), Options{Ready: func(context.Context) error { return notYet }})
	ready, err := caller.ModelReady(within(t), &inference.ModelReadyRequest{Name: "m", Version: "3"})
	if err != nil || !ready.GetReady() || server.named[0] != "m:3" {
		t.Errorf("got %v, %v; asked %v", ready, err, server.named)
	}
	metadata, err := caller.ModelMetadata(within(t), &inference.ModelMetadataRequest{Name: "m"})
	if err != nil || metadata.GetName() != "m" {
		t.Errorf("got %v, %v", metadata, err)
	}
	if live, err := caller.ServerLive(within(t), &inference.ServerLiveRequest{}); err != nil || !live.GetLive() {
		t.Errorf("got %v, %v", live, err)
	}
	if all, err := caller.ServerReady(within(t), &inference.ServerReadyRequest{}); err != nil || all.GetReady() {
		t.Errorf("got %v, %v", all, err)
	}
}

func TestARouterOfTheProtocolV2IsUnimplementedAndNoCrash(t *testing.T) {
	root := &graph.Unit{Name: "r", Type: graph.Router, Children: []*graph.Unit{(&v2{}).at(t, "m")}}
	_, err := v2Client(t, root, Options{}).ModelInfer(within(t), &inference.ModelInferRequest{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("got %v", err)
	}
}

// tfServing gives its inputs back.
type tfServing struct {
	serving.UnimplementedPredictionServiceServer
	serving.UnimplementedModelServiceServer
	asked []*serving.PredictRequest
	about *serving.GetModelMetadataRequest
}

func (s *tfServing) Predict(_ context.Context, in *serving.PredictRequest) (*serving.PredictResponse, error) {
	s.asked = append(s.asked, in)
	return &serving.PredictResponse{ModelSpec: in.GetModelSpec(), Outputs: in.GetInputs()}, nil
}

func (s *tfServing) Classify(context.Context, *serving.ClassificationRequest) (*serving.ClassificationResponse, error) {
	return &serving.ClassificationResponse{Result: &serving.ClassificationResult{
		Classifications: []*serving.Classifications{{Classes: []*serving.Class{{Label: "cat", Score: 0.5}}}},
	}}, nil
}

func (s *tfServing) Regress(context.Context, *serving.RegressionRequest) (*serving.RegressionResponse, error) {
	return nil, status.Error(codes.FailedPrecondition, "no such signature")
}

func (s *tfServing) GetModelMetadata(
	_ context.Context, in *serving.GetModelMetadataRequest,
) (*serving.GetModelMetadataResponse, error) {
	s.about = in
	return &serving.GetModelMetadataResponse{ModelSpec: in.GetModelSpec()}, nil
}

func (s *tfServing) GetModelStatus(
	_ context.Context, in *serving.GetModelStatusRequest,
) (*serving.GetModelStatusResponse, error) {
	return &serving.GetModelStatusResponse{ModelVersionStatus: []*serving.ModelVersionStatus{
		{Version: 2, State: serving.ModelVersionStatus_AVAILABLE, Status: &serving.StatusProto{ErrorMessage: in.GetModelSpec().GetName()}},
	}}, nil
}

func (s *tfServing) at(t *testing.T, name string, children ...*graph.Unit) *graph.Unit {
	return unit(t, name, graph.Model, func(server *grpc.Server) {
		serving.RegisterPredictionServiceServer(server, s)
		serving.RegisterModelServiceServer(server, s)
	}, children...)
}

func tensorflowConn(t *testing.T, root *graph.Unit) *grpc.ClientConn {
	units := NewUnits(Limits{}, nil, nil)
	t.Cleanup(units.Close)
	return orchestrator(t, &walk.Graph{
		Predictor: &graph.Predictor{Name: "p", Graph: *root}, Units: TensorflowUnits{Units: units}, Codec: TensorflowCodec(),
	}, Options{Protocol: "tensorflow"})
}

func TestTensorflowPredictsThroughAChain(t *testing.T) {
	first, second := &tfServing{}, &tfServing{}
	caller := serving.NewPredictionServiceClient(tensorflowConn(t, first.at(t, "first", second.at(t, "second"))))
	inputs := map[string]*tensorflow.TensorProto{"x": {Dtype: tensorflow.DataType_DT_STRING, StringVal: [][]byte{{255}}}}
	got, err := caller.Predict(within(t), &serving.PredictRequest{Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetModelSpec().GetName() != "second" || !proto.Equal(got.GetOutputs()["x"], inputs["x"]) ||
		first.asked[0].GetModelSpec().GetName() != "first" {
		t.Errorf("got %v; the first was asked %v", got, first.asked[0])
	}
}

func TestTensorflowClassifiesRegressesAndTellsOfItself(t *testing.T) {
	server := &tfServing{}
	conn := tensorflowConn(t, server.at(t, "m"))
	caller := serving.NewPredictionServiceClient(conn)
	spec := &serving.ModelSpec{Name: "m", SignatureName: "s"}
	classes, err := caller.Classify(within(t), &serving.ClassificationRequest{ModelSpec: spec})
	if err != nil || classes.GetResult().GetClassifications()[0].GetClasses()[0].GetLabel() != "cat" {
		t.Errorf("classify: %v, %v", classes, err)
	}
	if _, err := caller.Regress(within(t), &serving.RegressionRequest{ModelSpec: spec}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("regress: %v", err)
	}
	asked := &serving.GetModelMetadataRequest{ModelSpec: spec, MetadataField: []string{"signature_def"}}
	if _, err := caller.GetModelMetadata(within(t), asked); err != nil || !proto.Equal(server.about, asked) {
		t.Errorf("metadata: asked %v, %v", server.about, err)
	}
	state, err := serving.NewModelServiceClient(conn).GetModelStatus(within(t), &serving.GetModelStatusRequest{ModelSpec: spec})
	if err != nil || state.GetModelVersionStatus()[0].GetStatus().GetErrorMessage() != "m" {
		t.Errorf("status: %v, %v", state, err)
	}
}
