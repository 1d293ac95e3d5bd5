package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// found is what a path stands for.
type found struct {
	// service is the name in metrics and spans; empty: it has none.
	service string
	// methods are those that the path takes, with commas between them; empty: any.
	methods string
	// model is what units are called by, with its version ("m/versions/2"), in protocols whose paths name models; unit is
	// the unit that the path is about.
	model, unit, verb string
	handle            func(context.Context, http.ResponseWriter, *http.Request, found) int
}

// The names of services in metrics.
const (
	predictions = "predictions"
	feedback    = "feedback"
	status      = "status"
	metadata    = "metadata"
)

const (
	posted = "OPTIONS,POST"
	got    = "GET,OPTIONS"
)

// find gives what a path stands for, whatever the protocol.
func (s *Server) find(path string) (found, bool) {
	switch path {
	case "/ready":
		return found{handle: s.checkReady}, true
	case "/live":
		return found{handle: s.alive}, true
	case s.MetricsPath:
		if s.Metrics != nil {
			return found{handle: s.metrics}, true
		}
	}
	return s.match(path)
}

// seldon has the paths of the protocol seldon.
func (s *Server) seldon(path string) (found, bool) {
	rest, is := strings.CutPrefix(path, "/api/v1.0/")
	if !is {
		if rest, is = strings.CutPrefix(path, "/api/v0.1/"); !is {
			return found{}, false
		}
		// The older API has less.
		if rest == status || rest == metadata || rest == "health/status" {
			return found{}, false
		}
	}
	switch rest {
	case "predictions":
		return found{service: predictions, methods: posted, handle: s.predict}, true
	case "feedback":
		return found{service: feedback, methods: posted, handle: s.feedback}, true
	case "status", "health/status":
		return found{service: status, methods: got, handle: s.checkReady}, true
	case "metadata":
		return found{service: metadata, methods: got, handle: s.graphMetadata}, true
	}
	if name, is := strings.CutPrefix(rest, "doc/"); is {
		return s.docs.at(name)
	}
	kind, unit, _ := strings.Cut(rest, "/")
	if unit == "" || strings.Contains(unit, "/") {
		return found{}, false
	}
	return s.about(kind, unit, "")
}

// about is the status or the metadata of one unit.
func (s *Server) about(kind, unit, model string) (found, bool) {
	switch kind {
	case status:
		return found{service: status, methods: got, unit: unit, model: model, handle: s.unitStatus}, true
	case metadata:
		return found{service: metadata, methods: got, unit: unit, model: model, handle: s.unitMetadata}, true
	}
	return found{}, false
}

// v2 has the paths of the Open Inference Protocol, with and without a model's version, and Seldon's without a model.
func (s *Server) v2(path string) (found, bool) {
	switch path {
	case "/v2/health/ready":
		return found{service: status, methods: got, handle: s.checkReady}, true
	case "/v2/health/live":
		return found{service: status, methods: got, handle: s.alive}, true
	case "/v2/models/infer":
		return found{service: predictions, methods: posted, handle: s.predict}, true
	}
	if name, is := strings.CutPrefix(path, "/v2/docs/"); is {
		return s.docs.at(name)
	}
	rest, is := strings.CutPrefix(path, "/v2/models/")
	if !is {
		return found{}, false
	}
	unit, model, action := named(rest)
	switch {
	case unit == "":
	case action == "/infer":
		return found{service: predictions, methods: posted, model: model, handle: s.predict}, true
	case action == "/ready":
		return s.about(status, unit, model)
	case action == "":
		return s.about(metadata, unit, model)
	}
	return found{}, false
}

// tensorflow has the paths of TensorFlow's REST API, and Seldon's without a model and of feedback.
func (s *Server) tensorflow(path string) (found, bool) {
	if path == "/api/v1.0/feedback" {
		return found{service: feedback, methods: posted, handle: s.feedback}, true
	}
	rest, is := strings.CutPrefix(path, "/v1/models")
	if !is {
		return found{}, false
	}
	if before, verb, is := strings.Cut(rest, ":"); is {
		model := strings.Trim(before, "/")
		switch verb {
		case "predict":
			verb = "" // what is asked for without a word
		case "classify", "regress":
		default:
			return found{}, false
		}
		if _, versioned, action := named(model); model != "" && (versioned == "" || action != "") {
			return found{}, false
		}
		return found{service: predictions, methods: posted, model: model, verb: verb, handle: s.predict}, true
	}
	unit, model, action := named(strings.TrimPrefix(rest, "/"))
	switch {
	case unit == "" || !strings.HasPrefix(rest, "/"):
	case action == "":
		return s.about(status, unit, model)
	case action == "/metadata":
		return s.about(metadata, unit, model)
	}
	return found{}, false
}

// named parts "m/versions/2/infer" into the name "m", the model "m/versions/2" and the action "/infer". A path with "."
// or ".." names nothing: a unit may take it for another of its own paths.
func named(rest string) (unit, model, action string) {
	parts := strings.Split(rest, "/")
	if slices.Contains(parts, ".") || slices.Contains(parts, "..") {
		return "", "", rest
	}
	unit, length := parts[0], 1
	if len(parts) >= 3 && (parts[1] == "versions" || parts[1] == "labels") && parts[2] != "" {
		length = 3
	}
	model = strings.Join(parts[:length], "/")
	if len(parts) > length {
		action = "/" + strings.Join(parts[length:], "/")
	}
	return unit, model, action
}
