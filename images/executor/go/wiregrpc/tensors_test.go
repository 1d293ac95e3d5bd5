package wiregrpc

import (
	"encoding/binary"
	"math"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"slipway.dev/executor/payload"
	seldon "slipway.dev/executor/proto/seldon"
	"slipway.dev/executor/proto/tensorflow"
)

func dims(sizes ...int64) *tensorflow.TensorShapeProto {
	shape := &tensorflow.TensorShapeProto{}
	for _, size := range sizes {
		shape.Dim = append(shape.Dim, &tensorflow.TensorShapeProto_Dim{Size: size})
	}
	return shape
}

func tftensor(tensor *tensorflow.TensorProto) *seldon.DefaultData {
	return &seldon.DefaultData{DataOneof: &seldon.DefaultData_Tftensor{Tftensor: tensor}}
}

func TestNumbersOfEveryFormAreRead(t *testing.T) {
	list, err := structpb.NewList([]any{[]any{1.0, 2.0}, []any{3.0, 4.0}})
	if err != nil {
		t.Fatal(err)
	}
	content := binary.LittleEndian.AppendUint32(nil, math.Float32bits(1))
	for _, value := range []float32{2, 3, 4} {
		content = binary.LittleEndian.AppendUint32(content, math.Float32bits(value))
	}
	want := []float64{1, 2, 3, 4}
	for name, data := range map[string]*seldon.DefaultData{
		"ndarray": {DataOneof: &seldon.DefaultData_Ndarray{Ndarray: list}},
		"tensor":  {DataOneof: &seldon.DefaultData_Tensor{Tensor: &seldon.Tensor{Shape: []int32{2, 2}, Values: want}}},
		"content": tftensor(&tensorflow.TensorProto{
			Dtype: tensorflow.DataType_DT_FLOAT, TensorShape: dims(2, 2), TensorContent: content}),
		"int64": tftensor(&tensorflow.TensorProto{
			Dtype: tensorflow.DataType_DT_INT64, TensorShape: dims(2, 2), Int64Val: []int64{1, 2, 3, 4}}),
	} {
		got, err := dataTensor(data)
		if err != nil || !reflect.DeepEqual(got.Values, want) || !reflect.DeepEqual(got.Shape, []int{2, 2}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	filled, err := dataTensor(tftensor(&tensorflow.TensorProto{
		Dtype: tensorflow.DataType_DT_DOUBLE, TensorShape: dims(3), DoubleVal: []float64{7}}))
	if err != nil || !reflect.DeepEqual(filled.Values, []float64{7, 7, 7}) {
		t.Errorf("one value for all: %v, %v", filled, err)
	}
}

func TestWhatIsNoTensorIsAnErrorAndTakesNoMemory(t *testing.T) {
	ragged, _ := structpb.NewList([]any{[]any{1.0}, []any{1.0, 2.0}})
	mixed, _ := structpb.NewList([]any{1.0, []any{1.0}})
	words, _ := structpb.NewList([]any{"a"})
	for name, data := range map[string]*seldon.DefaultData{
		"ragged":  {DataOneof: &seldon.DefaultData_Ndarray{Ndarray: ragged}},
		"mixed":   {DataOneof: &seldon.DefaultData_Ndarray{Ndarray: mixed}},
		"words":   {DataOneof: &seldon.DefaultData_Ndarray{Ndarray: words}},
		"nothing": {},
		"shape":   {DataOneof: &seldon.DefaultData_Tensor{Tensor: &seldon.Tensor{Shape: []int32{3}, Values: []float64{1}}}},
		"bomb": tftensor(&tensorflow.TensorProto{
			Dtype: tensorflow.DataType_DT_FLOAT, TensorShape: dims(1<<31, 1<<20), FloatVal: []float32{1}}),
		"negative": tftensor(&tensorflow.TensorProto{
			Dtype: tensorflow.DataType_DT_FLOAT, TensorShape: dims(-1), FloatVal: []float32{1}}),
		"half a number": tftensor(&tensorflow.TensorProto{
			Dtype: tensorflow.DataType_DT_FLOAT, TensorShape: dims(1), TensorContent: []byte{1, 2, 3}}),
	} {
		if got, err := dataTensor(data); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAnAnswerTakesTheFormOfTheFirstAndTheMetaOfAll(t *testing.T) {
	list, _ := structpb.NewList([]any{1.0})
	one := &seldon.SeldonMessage{
		Meta: &seldon.Meta{Puid: "p", Metrics: []*seldon.Metric{{Key: "a"}}, RequestPath: map[string]string{"x": "old"}},
		DataOneof: &seldon.SeldonMessage_Data{Data: &seldon.DefaultData{
			DataOneof: &seldon.DefaultData_Ndarray{Ndarray: list}}},
	}
	two := &seldon.SeldonMessage{
		Meta: &seldon.Meta{Puid: "q", Metrics: []*seldon.Metric{{Key: "b"}}, RequestPath: map[string]string{"x": "new"}},
	}
	like := make([]payload.Message, 0, 2)
	for _, each := range []*seldon.SeldonMessage{one, two} {
		bytes, err := proto.Marshal(each)
		if err != nil {
			t.Fatal(err)
		}
		like = append(like, message(SeldonMessage, bytes))
	}
	made, err := SeldonCodec{}.FromTensor(payload.Tensor{Shape: []int{2, 1}, Values: []float64{5, 6}}, like...)
	if err != nil {
		t.Fatal(err)
	}
	got := &seldon.SeldonMessage{}
	if err := decode(made, got); err != nil {
		t.Fatal(err)
	}
	rows := got.GetData().GetNdarray().AsSlice()
	if !reflect.DeepEqual(rows, []any{[]any{5.0}, []any{6.0}}) || got.GetMeta().GetPuid() != "p" ||
		len(got.GetMeta().GetMetrics()) != 2 || got.GetMeta().GetRequestPath()["x"] != "new" {
		t.Errorf("got %v", got)
	}
}

func TestARoutersAnswerOfEveryFormNamesTheBranch(t *testing.T) {
	nested, _ := structpb.NewList([]any{[]any{2.0}})
	for name, data := range map[string]*seldon.DefaultData{
		"ndarray":  {DataOneof: &seldon.DefaultData_Ndarray{Ndarray: nested}},
		"tensor":   {DataOneof: &seldon.DefaultData_Tensor{Tensor: &seldon.Tensor{Values: []float64{2}}}},
		"tftensor": tftensor(&tensorflow.TensorProto{IntVal: []int32{2}}),
	} {
		made, err := encoded(SeldonMessage, &seldon.SeldonMessage{DataOneof: &seldon.SeldonMessage_Data{Data: data}})
		if err != nil {
			t.Fatal(err)
		}
		if branch, err := (SeldonCodec{}).Route(made); branch != 2 || err != nil {
			t.Errorf("%s: %d, %v", name, branch, err)
		}
	}
	if branch, err := (SeldonCodec{}).Route(answer(SeldonMessage, nil)); branch != -1 || err != nil {
		t.Errorf("no data: %d, %v", branch, err)
	}
}
