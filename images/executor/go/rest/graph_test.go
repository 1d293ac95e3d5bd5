package rest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"slipway.dev/executor/graph"
)

const (
	transformer = graph.Transformer
	model       = graph.Model
)

func TestUnitsAreCalledInOrder(t *testing.T) {
	s := newStand(t)
	leaf := s.unit("m", model, adds("m"))
	last := s.unit("o", graph.OutputTransformer, adds("o"), leaf)
	s.serve("seldon", s.unit("t", transformer, adds("t"), last))
	sameJSON(t, s.post(`{"strData":""}`).body, `{"strData":"tmo"}`)
	equal(t, s.asked(false), []string{
		`t /transform-input {"strData":""}`, `m /predict {"strData":"t"}`, `o /transform-output {"strData":"tm"}`,
	})
}

func TestMethodsAreCalledBesideTheType(t *testing.T) {
	s := newStand(t)
	both := s.unit("b", "", adds("b"), s.unit("m", model, adds("m")))
	both.Methods = []graph.Method{graph.TransformInput, graph.TransformOutput}
	s.serve("seldon", both)
	sameJSON(t, s.post(`{"strData":""}`).body, `{"strData":"bmb"}`)
}

func TestChildrenAnswerAtOnceAndAreCombinedInOrder(t *testing.T) {
	s := newStand(t)
	// Each waits until the other was asked: one after the other, they would never answer.
	var met = make(chan struct{})
	meets := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			select {
			case met <- struct{}{}:
			case <-met:
			}
			says(text)(w, r)
		}
	}
	echo := func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	s.serve("seldon", s.unit("c", graph.Combiner, echo,
		s.unit("a", model, meets(`{"strData":"a"}`)), s.unit("b", model, meets(`{"strData":"b"}`))))
	equal(t, s.post(`{}`).body, `[{"strData":"a"},{"strData":"b"}]`)
}

func TestWithoutACombinerTheFirstChildAnswers(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("t", transformer, adds("t"), s.unit("a", model, adds("a")), s.unit("b", model, adds("b"))))
	sameJSON(t, s.post(`{"strData":""}`).body, `{"strData":"ta"}`)
	equal(t, len(s.asked(false)), 3)
}

func TestTheRouterChoosesWhoIsAsked(t *testing.T) {
	for routed, want := range map[string]string{
		`{"data":{"ndarray":[[1]]}}`: "b", `[0]`: "a", `{"data":{"tensor":{"values":[-1],"shape":[1]}}}`: "a",
		`[-2]`: "",
	} {
		s := newStand(t)
		s.serve("seldon", s.unit("r", graph.Router, says(routed), s.unit("a", model, adds("a")), s.unit("b", model, adds("b"))))
		sameJSON(t, s.post(`{"strData":""}`).body, `{"strData":"`+want+`"}`)
		if calls := len(s.asked(false)); (calls == 3) != strings.Contains(routed, "-1") {
			t.Errorf("%s: %d calls", routed, calls)
		}
	}
}

func TestARouteThatIsNoneIsAnError(t *testing.T) {
	for routed, sentence := range map[string]string{
		`[2]`: `router "r" chose branch 2 of 2`, `[-3]`: `router "r" chose branch -3 of 2`, `x`: `router "r": the router's answer x is`,
	} {
		s := newStand(t)
		s.serve("seldon", s.unit("r", graph.Router, says(routed), s.unit("a", model, adds("a")), s.unit("b", model, adds("b"))))
		answer := s.post(`{}`)
		if answer.code != 500 || !strings.Contains(answer.body, strings.ReplaceAll(sentence, `"`, `\"`)) {
			t.Errorf("%s: %d %s", routed, answer.code, answer.body)
		}
	}
}

func TestRoutingIsWrittenWhereItIsAskedFor(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("r", graph.Router, says(`[1]`), s.unit("a", model, says("")), s.unit("b", model, says(`{"meta":{}}`))),
		routing)
	sameJSON(t, s.post(`{}`).body, `{"meta":{"routing":{"r":1,"b":-1}}}`)
}

func TestFeedbackGoesTheWayOfItsAnswer(t *testing.T) {
	s := newStand(t)
	inner := s.unit("c", graph.Combiner, says(`{}`), s.unit("b1", model, says(`{}`)), s.unit("b2", model, says(`{}`)))
	s.serve("seldon", s.unit("r", graph.Router, says(`{"meta":{}}`), s.unit("a", model, says(`{}`)), inner))
	feedback := `{"reward":1,"response":{"meta":{"routing":{"r":1}}}}`
	answer := s.do("POST", "/api/v1.0/feedback", feedback)
	equal(t, answer.body, `{"meta":{}}`)
	equal(t, s.asked(true), []string{
		"b1 /send-feedback " + feedback, "b2 /send-feedback " + feedback, "r /send-feedback " + feedback,
	})
	equal(t, s.asked(false)[2], "r /send-feedback "+feedback)
	wrong := s.do("POST", "/api/v1.0/feedback", `{"response":{"meta":{"routing":{"r":7}}}}`)
	if wrong.code != 500 || !strings.Contains(wrong.body, "branch 7") {
		t.Fatalf("%d %s", wrong.code, wrong.body)
	}
}

func TestAUnitsErrorComesAsItWroteIt(t *testing.T) {
	s := newStand(t)
	fails := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(422)
		_, _ = io.WriteString(w, `{"status":{"info":"no"}}`)
	}
	s.serve("seldon", s.unit("t", transformer, adds("t"), s.unit("a", model, adds("a")), s.unit("b", model, fails)))
	answer := s.post(`{"strData":""}`)
	equal(t, answer.code, 422)
	equal(t, answer.body, `{"status":{"info":"no"}}`)
	equal(t, answer.header.Get("Content-Type"), "application/json")
}

func TestAUnitThatIsNotThereIsNamed(t *testing.T) {
	s := newStand(t)
	gone := &graph.Unit{Name: "m", Type: model, Endpoint: graph.Endpoint{ServiceHost: "127.0.0.1", HTTPPort: 1}}
	s.serve("seldon", gone)
	answer := s.post(`{}`)
	equal(t, answer.code, 500)
	for _, part := range []string{`"code":500`, `"status":"FAILURE"`, `unit \"m\" did not answer at http://127.0.0.1:1/predict`} {
		if !strings.Contains(answer.body, part) {
			t.Errorf("%s is not in %s", part, answer.body)
		}
	}
}

func TestLoggersSeeWhatTheirModeSays(t *testing.T) {
	for mode, want := range map[graph.LogMode]int{graph.LogAll: 2, graph.LogRequest: 1, graph.LogResponse: 1} {
		s := newStand(t)
		unit := s.unit("m", model, adds("m"))
		unit.Logger = &graph.Logger{Mode: mode}
		s.serve("seldon", unit)
		s.post(`{"strData":""}`)
		equal(t, len(s.logs), want)
		s.do("POST", "/api/v1.0/predictions", `{}`, "Seldon-Skip-Logging", "True")
		equal(t, len(s.logs), want)
	}
}
