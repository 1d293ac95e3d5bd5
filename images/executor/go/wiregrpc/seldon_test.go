package wiregrpc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
	seldon "slipway.dev/executor/proto/seldon"
	"slipway.dev/executor/proto/tensorflow"
	"slipway.dev/executor/walk"
)

// fake is a unit of every type: it names itself in the tags of what it gets, and routes to branch.
type fake struct {
	seldon.UnimplementedModelServer
	name     string
	branch   int
	err      error
	mutex    sync.Mutex
	seen     []metadata.MD
	feedback []*seldon.Feedback
}

func (f *fake) Predict(ctx context.Context, in *seldon.SeldonMessage) (*seldon.SeldonMessage, error) {
	headers, _ := metadata.FromIncomingContext(ctx)
	f.mutex.Lock()
	f.seen = append(f.seen, headers)
	f.mutex.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	out := proto.Clone(in).(*seldon.SeldonMessage)
	if out.Meta == nil {
		out.Meta = &seldon.Meta{}
	}
	if out.Meta.Tags == nil {
		out.Meta.Tags = map[string]*structpb.Value{}
	}
	out.Meta.Tags[f.name] = structpb.NewBoolValue(true)
	return out, nil
}

func (f *fake) SendFeedback(_ context.Context, in *seldon.Feedback) (*seldon.SeldonMessage, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.feedback = append(f.feedback, in)
	return &seldon.SeldonMessage{DataOneof: &seldon.SeldonMessage_StrData{StrData: f.name}}, nil
}

func (f *fake) Metadata(context.Context, *emptypb.Empty) (*seldon.SeldonModelMetadata, error) {
	return &seldon.SeldonModelMetadata{
		Name: f.name, Versions: []string{"v1"}, Platform: "fake",
		Inputs:  []*seldon.SeldonMessageMetadata{{Name: f.name + "-in", Datatype: "FP32", Shape: []int64{1, 4}}},
		Outputs: []*seldon.SeldonMessageMetadata{{Messagetype: "tensor"}},
	}, nil
}

func (f *fake) Route(context.Context, *seldon.SeldonMessage) (*seldon.SeldonMessage, error) {
	data := &seldon.DefaultData{DataOneof: &seldon.DefaultData_Tensor{
		Tensor: &seldon.Tensor{Shape: []int32{1, 1}, Values: []float64{float64(f.branch)}},
	}}
	return &seldon.SeldonMessage{DataOneof: &seldon.SeldonMessage_Data{Data: data}}, nil
}

func (f *fake) Aggregate(_ context.Context, in *seldon.SeldonMessageList) (*seldon.SeldonMessage, error) {
	out := &seldon.SeldonMessage{Meta: &seldon.Meta{}}
	for _, one := range in.GetSeldonMessages() {
		proto.Merge(out.Meta, one.GetMeta())
	}
	out.DataOneof = &seldon.SeldonMessage_StrData{StrData: fmt.Sprint(len(in.GetSeldonMessages()))}
	return out, nil
}

func (f *fake) TransformInput(ctx context.Context, in *seldon.SeldonMessage) (*seldon.SeldonMessage, error) {
	return f.Predict(ctx, in)
}

func (f *fake) TransformOutput(ctx context.Context, in *seldon.SeldonMessage) (*seldon.SeldonMessage, error) {
	return f.Predict(ctx, in)
}

type others struct {
	seldon.UnsafeRouterServer
	seldon.UnsafeCombinerServer
	seldon.UnsafeTransformerServer
	seldon.UnsafeOutputTransformerServer
	*fake
}

func (f *fake) at(t *testing.T, kind graph.Type, children ...*graph.Unit) *graph.Unit {
	return unit(t, f.name, kind, func(server *grpc.Server) {
		seldon.RegisterModelServer(server, f)
		seldon.RegisterRouterServer(server, others{fake: f})
		seldon.RegisterCombinerServer(server, others{fake: f})
		seldon.RegisterTransformerServer(server, others{fake: f})
		seldon.RegisterOutputTransformerServer(server, others{fake: f})
	}, children...)
}

func seldonClient(t *testing.T, root *graph.Unit, limits Limits, change ...func(*walk.Graph)) seldon.SeldonClient {
	units := NewUnits(limits, nil, nil)
	t.Cleanup(units.Close)
	made := &walk.Graph{
		Predictor: &graph.Predictor{Name: "p", Graph: *root}, Units: SeldonUnits{units}, Codec: SeldonCodec{},
	}
	for _, one := range change {
		one(made)
	}
	return seldon.NewSeldonClient(orchestrator(t, made, Options{Protocol: "seldon", Limits: limits}))
}

func text(value string) *seldon.SeldonMessage {
	return &seldon.SeldonMessage{DataOneof: &seldon.SeldonMessage_StrData{StrData: value}}
}

func TestEveryFormOfDataPassesThroughAChainUnchanged(t *testing.T) {
	custom, err := anypb.New(&tensorflow.Int64List{Value: []int64{7}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := structpb.NewList([]any{[]any{1.5, "word", nil}})
	if err != nil {
		t.Fatal(err)
	}
	data := func(form *seldon.DefaultData) *seldon.SeldonMessage {
		form.Names = []string{"a", "b"}
		return &seldon.SeldonMessage{DataOneof: &seldon.SeldonMessage_Data{Data: form}}
	}
	forms := map[string]*seldon.SeldonMessage{
		"strData":    text("hé"),
		"binData":    {DataOneof: &seldon.SeldonMessage_BinData{BinData: []byte{0, 255}}},
		"jsonData":   {DataOneof: &seldon.SeldonMessage_JsonData{JsonData: structpb.NewListValue(list)}},
		"customData": {DataOneof: &seldon.SeldonMessage_CustomData{CustomData: custom}},
		"tensor": data(&seldon.DefaultData{DataOneof: &seldon.DefaultData_Tensor{
			Tensor: &seldon.Tensor{Shape: []int32{1, 2}, Values: []float64{math64, -0.0}}}}),
		"ndarray": data(&seldon.DefaultData{DataOneof: &seldon.DefaultData_Ndarray{Ndarray: list}}),
		"tftensor": data(&seldon.DefaultData{DataOneof: &seldon.DefaultData_Tftensor{Tftensor: &tensorflow.TensorProto{
			Dtype: tensorflow.DataType_DT_HALF, TensorContent: []byte{1, 2}}}}),
		"empty": {},
	}
	model := (&fake{name: "model"}).at(t, graph.Model)
	caller := seldonClient(t, (&fake{name: "before"}).at(t, graph.Transformer, model), Limits{})
	for name, sent := range forms {
		got, err := caller.Predict(within(t), sent)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got.GetMeta().GetTags()) != 2 {
			t.Errorf("%s: tags %v", name, got.GetMeta().GetTags())
		}
		got.Meta = nil
		if !proto.Equal(got, sent) {
			t.Errorf("%s: sent %v, got %v", name, sent, got)
		}
	}
}

const math64 = 1.0000000000000002

func TestRouterCombinerAndOutputTransformerAreCalled(t *testing.T) {
	a, b := &fake{name: "a"}, &fake{name: "b"}
	router := &fake{name: "router", branch: 1}
	combiner := (&fake{name: "combiner"}).at(t, graph.Combiner,
		a.at(t, graph.Model), router.at(t, graph.Router, (&fake{name: "never"}).at(t, graph.Model), b.at(t, graph.Model)))
	caller := seldonClient(t, (&fake{name: "after"}).at(t, graph.OutputTransformer, combiner), Limits{},
		func(made *walk.Graph) { made.Routing = true })
	got, err := caller.Predict(within(t), text("x"))
	if err != nil {
		t.Fatal(err)
	}
	tags := got.GetMeta().GetTags()
	if len(tags) != 3 || tags["a"] == nil || tags["b"] == nil || tags["after"] == nil || got.GetStrData() != "2" {
		t.Errorf("got %v", got)
	}
	if routing := got.GetMeta().GetRouting(); routing["router"] != 1 || routing["combiner"] != -1 {
		t.Errorf("routing %v", routing)
	}
	sent := &seldon.Feedback{Response: &seldon.SeldonMessage{Meta: got.GetMeta()}, Reward: 0.5}
	if _, err := caller.SendFeedback(within(t), sent); err != nil {
		t.Fatal(err)
	}
	if len(a.feedback) != 1 || len(b.feedback) != 1 || len(router.feedback) != 1 || !proto.Equal(router.feedback[0], sent) {
		t.Errorf("feedback: a %v, b %v, router %v", a.feedback, b.feedback, router.feedback)
	}
}

func TestHeadersAndTheRequestsIDGoToTheUnitAndBack(t *testing.T) {
	model := &fake{name: "model"}
	caller := seldonClient(t, model.at(t, graph.Model), Limits{})
	var sent metadata.MD
	ctx := metadata.AppendToOutgoingContext(within(t), "seldon-puid", "mine", "x-b3-traceid", "7", "data-bin", "\x00\xff")
	if _, err := caller.Predict(ctx, text("x"), grpc.Header(&sent)); err != nil {
		t.Fatal(err)
	}
	seen := model.seen[0]
	for name, want := range map[string]string{"seldon-puid": "mine", "x-b3-traceid": "7", "data-bin": "\x00\xff"} {
		if got := seen.Get(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q at the unit", name, got)
		}
	}
	if got := sent.Get("seldon-puid"); len(got) != 1 || got[0] != "mine" {
		t.Errorf("the answer's id is %q", got)
	}
	if _, err := caller.Predict(within(t), text("x"), grpc.Header(&sent)); err != nil {
		t.Fatal(err)
	}
	made := sent.Get("seldon-puid")
	if len(made) != 1 || len(made[0]) != 36 || model.seen[1].Get("seldon-puid")[0] != made[0] {
		t.Errorf("made %q, the unit got %q", made, model.seen[1].Get("seldon-puid"))
	}
}

func TestAUnitsErrorKeepsItsCodeAndDetails(t *testing.T) {
	told, err := status.New(codes.InvalidArgument, "no such column").WithDetails(&emptypb.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	caller := seldonClient(t, (&fake{name: "model", err: told.Err()}).at(t, graph.Model), Limits{})
	_, err = caller.Predict(within(t), text("x"))
	got := status.Convert(err)
	if got.Code() != codes.InvalidArgument || got.Message() != "no such column" || len(got.Details()) != 1 {
		t.Errorf("got %v with %v", err, got.Details())
	}
}

func TestAUnitThatIsNotThereIsUnavailable(t *testing.T) {
	listener, port := listening(t)
	_ = listener.Close()
	gone := &graph.Unit{Name: "gone", Type: graph.Model, Endpoint: graph.Endpoint{ServiceHost: "127.0.0.1", GRPCPort: port}}
	_, err := seldonClient(t, gone, Limits{}).Predict(within(t), text("x"))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestARouterThatNamesNoChildIsAnErrorOfTheCall(t *testing.T) {
	root := (&fake{name: "router", branch: 5}).at(t, graph.Router, (&fake{name: "a"}).at(t, graph.Model))
	if _, err := seldonClient(t, root, Limits{}).Predict(within(t), text("x")); status.Code(err) != codes.Unknown {
		t.Errorf("got %v", err)
	}
}

type slow struct{ fake }

func (s *slow) Predict(ctx context.Context, _ *seldon.SeldonMessage) (*seldon.SeldonMessage, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTheTimeoutEndsTheCallOfAUnit(t *testing.T) {
	root := unit(t, "slow", graph.Model, func(server *grpc.Server) { seldon.RegisterModelServer(server, &slow{}) })
	caller := seldonClient(t, root, Limits{Timeout: 50 * time.Millisecond})
	if _, err := caller.Predict(within(t), text("x")); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
}

func TestMessagesOverTheSizeAreRefused(t *testing.T) {
	root := (&fake{name: "model"}).at(t, graph.Model)
	large := text(string(make([]byte, 5<<20))) // more than gRPC's own limit of 4 MiB
	if _, err := seldonClient(t, root, Limits{}).Predict(within(t), large); err != nil {
		t.Errorf("without a limit: %v", err)
	}
	_, err := seldonClient(t, root, Limits{Message: 1000}).Predict(within(t), large)
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("with a limit: %v", err)
	}
}

func TestMetadataOfAUnitAndOfTheGraph(t *testing.T) {
	root := (&fake{name: "router"}).at(t, graph.Router, (&fake{name: "a"}).at(t, graph.Model))
	caller := seldonClient(t, root, Limits{})
	one, err := caller.ModelMetadata(within(t), &seldon.SeldonModelMetadataRequest{Name: "a"})
	if err != nil || one.GetName() != "a" || one.GetInputs()[0].GetShape()[1] != 4 {
		t.Errorf("a: %v, %v", one, err)
	}
	all, err := caller.GraphMetadata(within(t), &emptypb.Empty{})
	if err != nil || len(all.GetModels()) != 2 || all.GetInputs()[0].GetName() != "a-in" ||
		all.GetModels()["router"].GetInputs()[0].GetShape()[1] != 4 {
		t.Errorf("the graph: %v, %v", all, err)
	}
	if _, err := caller.ModelMetadata(within(t), &seldon.SeldonModelMetadataRequest{Name: "nobody"}); err == nil {
		t.Error("a unit that is not there has metadata")
	}
}

func TestHealthAndReflection(t *testing.T) {
	units := NewUnits(Limits{}, nil, nil)
	made := &walk.Graph{Predictor: &graph.Predictor{}, Units: SeldonUnits{units}, Codec: SeldonCodec{}}
	conn := orchestrator(t, made, Options{Protocol: "seldon"})
	for _, service := range []string{"", "seldon.protos.Seldon"} {
		got, err := healthpb.NewHealthClient(conn).Check(within(t), &healthpb.HealthCheckRequest{Service: service})
		if err != nil || got.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("%q: %v, %v", service, got, err)
		}
	}
	if services := reflected(t, conn); !services["seldon.protos.Seldon"] || !services["grpc.health.v1.Health"] {
		t.Errorf("reflection lists %v", services)
	}
}

func TestBuiltInUnitsAnswerAsSeldonMessages(t *testing.T) {
	simple := func(name string) *graph.Unit {
		return &graph.Unit{Name: name, Type: graph.Model, Implementation: "SIMPLE_MODEL"}
	}
	root := &graph.Unit{Name: "mean", Type: graph.Combiner, Implementation: "AVERAGE_COMBINER",
		Children: []*graph.Unit{simple("a"), simple("b")}}
	sent := text("x")
	sent.Meta = &seldon.Meta{Puid: "p1"}
	got, err := seldonClient(t, root, Limits{}).Predict(within(t), sent)
	if err != nil || len(got.GetData().GetTensor().GetValues()) != 3 || got.GetMeta().GetPuid() != "p1" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestCompressedRequestsAreRead(t *testing.T) {
	caller := seldonClient(t, (&fake{name: "model"}).at(t, graph.Model), Limits{})
	if _, err := caller.Predict(within(t), text(string(make([]byte, 1<<20))), grpc.UseCompressor("gzip")); err != nil {
		t.Error(err)
	}
}

func TestACompressedMessageMayNotFillTheMemory(t *testing.T) {
	ours := encoding.GetCompressor("gzip")
	var packed bytes.Buffer
	writer, err := ours.Compress(&packed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = writer.Write(make([]byte, payload.MostInflated+1))
	_ = writer.Close()
	reader, err := ours.Decompress(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, reader); err == nil {
		t.Error("it was inflated to its end")
	}
}
