package payload

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func message(text string) Message {
	return Message{Bytes: []byte(text), ContentType: "application/json", Answer: true}
}

// same says whether two JSON texts mean the same.
func same(t *testing.T, got []byte, want string) {
	t.Helper()
	var one, other any
	if err := json.Unmarshal(got, &one); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &other); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one, other) {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestChainRenamesWhatTheNextUnitTakes(t *testing.T) {
	for _, c := range []struct{ protocol, answer, want string }{
		{Seldon, `{"data":{"ndarray":[1]}}`, `{"data":{"ndarray":[1]}}`},
		{V2, `{"id":"\"outputs\":","outputs":[{"name":"a","data":[1]}]}`, `{"id":"\"outputs\":","inputs":[{"name":"a","data":[1]}]}`},
		{V2, ` { "x" : {"outputs":[2]}, "outputs" : [ ] } `, `{"x":{"outputs":[2]},"inputs":[]}`},
		{V2, `{"inputs":[],"outputs":[3]}`, `{"inputs":[],"outputs":[3]}`},
		{Tensorflow, `{"predictions":[[0.5]]}`, `{"instances":[[0.5]]}`},
		{Tensorflow, `{"outputs":{"a":1}}`, `{"inputs":{"a":1}}`},
		{Tensorflow, `{"examples":[{"predictions":1}]}`, `{"examples":[{"predictions":1}]}`},
	} {
		chained, err := JSON{c.protocol}.Chain(message(c.answer))
		if err != nil {
			t.Fatal(err)
		}
		same(t, chained.Bytes, c.want)
	}
}

func TestChainKeepsBinaryTensors(t *testing.T) {
	head, tail := `{"outputs":[{"name":"a"}]}`, "\x00}<\"\xff"
	chained, err := JSON{V2}.Chain(Message{Bytes: []byte(head + tail), InferenceHeader: "26"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"inputs":[{"name":"a"}]}` + tail; string(chained.Bytes) != want || chained.InferenceHeader != "25" {
		t.Fatalf("%q, %s", chained.Bytes, chained.InferenceHeader)
	}
}

func TestChainRefusesWhatIsNoAnswer(t *testing.T) {
	for _, text := range []string{``, `[]`, `{"a":1}`, `{"outputs":[1`, `{"outputs"`, `nothing`, `{"a":"b`, `{1:2}`} {
		if _, err := (JSON{V2}).Chain(message(text)); err == nil {
			t.Errorf("%q is chained", text)
		}
	}
}

func TestRouteReadsEveryForm(t *testing.T) {
	for text, want := range map[string]int{
		`{"data":{"ndarray":[1]}}`:                        1,
		`{"data":{"ndarray":[[2.0]]}}`:                    2,
		`{"data":{"tensor":{"shape":[1],"values":[-2]}}}`: -2,
		`{"data":{"tensor":{"values":[3]}},"meta":{}}`:    3,
		`{"data":{"tftensor":{"dtype":"DT_INT32","tensorShape":{"dim":[{"size":"1"}]},"intVal":[4]}}}`: 4,
		` [5]`:        5,
		`{"meta":{}}`: -1,
	} {
		if route, err := (JSON{Seldon}).Route(message(text)); err != nil || route != want {
			t.Errorf("%s: %d, %v", text, route, err)
		}
	}
	for _, text := range []string{``, `[]`, `["a"]`, `{"data":{}}`, `{"data":{"ndarray":[]}}`, `{"data":{"ndarray":["a"]}}`} {
		if route, err := (JSON{Seldon}).Route(message(text)); err == nil {
			t.Errorf("%s routes to %d", text, route)
		}
	}
}

func TestFeedbackRouteReadsTheAnswersRouting(t *testing.T) {
	feedback := message(`{"reward":1,"response":{"meta":{"routing":{"a":1,"b":-2}}}}`)
	for unit, want := range map[string]int{"a": 1, "b": -2, "c": -1} {
		if route := (JSON{Seldon}).FeedbackRoute(feedback, unit); route != want {
			t.Errorf("%s: %d", unit, route)
		}
	}
	if route := (JSON{Seldon}).FeedbackRoute(message("no"), "a"); route != -1 {
		t.Errorf("no JSON: %d", route)
	}
}

func TestWithRoutingChangesMetaAlone(t *testing.T) {
	routing := map[string]int{"a": 1}
	for text, want := range map[string]string{
		`{"meta":{},"data":1}`:                     `{"meta":{"routing":{"a":1}},"data":1}`,
		`{"meta":{"tags":{"x":2}}}`:                `{"meta":{"tags":{"x":2},"routing":{"a":1}}}`,
		`{"meta":{"routing":{"old":0},"tags":{}}}`: `{"meta":{"routing":{"a":1},"tags":{}}}`,
		`{"data":{"meta":{}}}`:                     `{"data":{"meta":{}}}`,
		`{"meta":null}`:                            `{"meta":null}`,
	} {
		routed, err := JSON{Seldon}.WithRouting(message(text), routing)
		if err != nil {
			t.Fatal(err)
		}
		same(t, routed.Bytes, want)
	}
}

func TestTensorsKeepTheirFormAndMeta(t *testing.T) {
	first := message(`{"meta":{"puid":"p","tags":{"a":1,"b":1},"metrics":[{"key":"m"}]},"data":{"names":["x"],"ndarray":[[1,2],[3,4]]}}`)
	second := message(`{"meta":{"tags":{"b":2},"requestPath":{"u":"i"},"metrics":[{"key":"n"}]},"data":{"ndarray":[[1]]}}`)
	codec := JSON{Seldon}
	tensor, err := codec.Tensor(first)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(tensor, Tensor{[]string{"x"}, []int{2, 2}, []float64{1, 2, 3, 4}}) {
		t.Fatalf("%+v", tensor)
	}
	written, err := codec.FromTensor(tensor, first, second)
	if err != nil {
		t.Fatal(err)
	}
	same(t, written.Bytes, `{"data":{"names":["x"],"ndarray":[[1,2],[3,4]]},"meta":{"puid":"p","tags":{"a":1,"b":2},
		"requestPath":{"u":"i"},"metrics":[{"key":"m"},{"key":"n"}]}}`)
}

func TestTensorsThatAreNoneAreRefused(t *testing.T) {
	for text, part := range map[string]string{
		`{"strData":"a"}`:                                  "no numbers",
		`{"data":{"ndarray":[[1,2],[3]]}}`:                 "equally long",
		`{"data":{"ndarray":[[1],2]}}`:                     "equally deep",
		`{"data":{"ndarray":[1,[2]]}}`:                     "equally deep",
		`{"data":{"ndarray":["a"]}}`:                       "no number",
		`{"data":{"tensor":{"shape":[3],"values":[1,2]}}}`: "has 2 values",
		`nothing`: "no JSON",
	} {
		if _, err := (JSON{Seldon}).Tensor(message(text)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzFieldsAgreeWithTheDecoder(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[{"b":"}"}],"c":"\\\""}`, `{"a":1,}`, `{"a" : {} , "b":-1e3}`, `{"\u0061":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var decoded map[string]json.RawMessage
		if json.Unmarshal(data, &decoded) != nil || decoded == nil {
			_, _ = fields(data) // must not panic
			return
		}
		all, err := fields(data)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		for name, value := range decoded {
			one, found := get(all, name)
			if !found || string(data[one.valueStart:one.valueEnd]) != string(value) {
				t.Fatalf("%q: %q is %q, not %q", data, name, data[one.valueStart:one.valueEnd], value)
			}
		}
	})
}

func TestACompressedMessageMayNotFillTheMemory(t *testing.T) {
	var bomb bytes.Buffer
	writer := gzip.NewWriter(&bomb)
	_, _ = writer.Write(make([]byte, MostInflated+1))
	_ = writer.Close()
	if _, err := Plain(Message{Bytes: bomb.Bytes(), ContentEncoding: "gzip"}); err == nil {
		t.Errorf("%d bytes became more than %d", bomb.Len(), MostInflated)
	}
}
