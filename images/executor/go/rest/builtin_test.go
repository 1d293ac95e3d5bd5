package rest_test

import (
	"strings"
	"testing"

	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/rest"
)

func routing(options *rest.Options, _ *client.Options) { options.Graph.Routing = true }

func TestSimpleModelAnswersItsConstant(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", built("m", graph.SimpleModel, model))
	sameJSON(t, s.post(`{"meta":{"tags":{"a":1}},"data":{"ndarray":[[9]]}}`).body,
		`{"meta":{"tags":{"a":1}},"data":{"names":["class0","class1","class2"],"ndarray":[[0.1,0.9,0.5]]}}`)
	sameJSON(t, s.post(`{"strData":"x"}`).body,
		`{"meta":{},"data":{"names":["class0","class1","class2"],"tensor":{"shape":[1,3],"values":[0.1,0.9,0.5]}}}`)
	equal(t, s.do("GET", "/api/v1.0/status/m", "").code, 200)
	sameJSON(t, s.do("GET", "/api/v1.0/metadata/m", "").body,
		`{"name":"m","platform":"SIMPLE_MODEL","inputs":[],"outputs":[]}`)
}

func TestSimpleRouterAsksItsFirstChild(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", built("r", graph.SimpleRouter, graph.Router,
		s.unit("a", model, says(`{"meta":{}}`)), s.unit("b", model, says(`{}`))), routing)
	sameJSON(t, s.post(`{}`).body, `{"meta":{"routing":{"r":0,"a":-1}}}`)
}

func TestABTestFollowsItsRatio(t *testing.T) {
	for ratio, want := range map[string]string{"1": "a", "0": "b"} {
		s := newStand(t)
		root := built("ab", graph.RandomABTest, "", s.unit("a", model, adds("a")), s.unit("b", model, adds("b")))
		root.Parameters = []graph.Parameter{{Name: "other", Value: "x"}, {Name: "ratioA", Value: ratio, Type: "FLOAT"}}
		s.serve("seldon", root)
		for range 20 {
			sameJSON(t, s.post(`{"strData":""}`).body, `{"strData":"`+want+`"}`)
		}
	}
}

func TestABTestAsksBothWithTheProtocolV2(t *testing.T) {
	s := newStand(t)
	s.serve("v2", built("ab", graph.RandomABTest, "", s.unit("a", model, says(`{}`)), s.unit("b", model, says(`{}`))))
	asked := map[string]bool{}
	for range 100 { // 2^-99 that one of them is never asked
		s.do("POST", "/v2/models/x/infer", `{}`)
	}
	for _, line := range s.asked(false) {
		asked[line] = true
	}
	equal(t, asked, map[string]bool{"a /v2/models/x/infer {}": true, "b /v2/models/x/infer {}": true})
}

func TestAverageCombinerAverages(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", built("c", graph.AverageCombiner, graph.Combiner,
		s.unit("a", model, says(`{"meta":{"tags":{"a":1}},"data":{"names":["x","y"],"tensor":{"shape":[1,2],"values":[1,4]}}}`)),
		s.unit("b", model, says(`{"meta":{"tags":{"b":2}},"data":{"ndarray":[[3,5]]}}`))))
	sameJSON(t, s.post(`{}`).body,
		`{"meta":{"tags":{"a":1,"b":2}},"data":{"names":["x","y"],"tensor":{"shape":[1,2],"values":[2,4.5]}}}`)
}

func TestAverageCombinerNamesWhatDoesNotFit(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", built("c", graph.AverageCombiner, graph.Combiner,
		s.unit("a", model, says(`{"data":{"ndarray":[[1,2]]}}`)), s.unit("b", model, says(`{"data":{"ndarray":[[1]]}}`))))
	answer := s.post(`{}`)
	if answer.code != 500 || !strings.Contains(answer.body, "different shapes: [1 2] from child 0, [1 1] from child 1") {
		t.Fatalf("%d %s", answer.code, answer.body)
	}
}
