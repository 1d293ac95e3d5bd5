// Package client calls units over the network.
package client

import (
	"context"
	"encoding/json"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

// Call says which unit is called for which request.
type Call struct {
	Unit *graph.Unit
	// Model is the name the unit is called by in its protocol: the request's own, else the unit's.
	Model string
	// Verb is what a request of TensorFlow's API asks for: classify or regress; empty: predict.
	Verb string
	// Headers of the request, passed on to the unit. Not to be changed: children share them.
	Headers payload.Headers
}

// Unit calls units of one protocol on one transport. Answers that are errors of the unit itself come as *Failure beside
// the unit's Message; errors on the way are plain.
type Unit interface {
	Predict(ctx context.Context, call Call, request payload.Message) (payload.Message, error)
	TransformInput(ctx context.Context, call Call, request payload.Message) (payload.Message, error)
	TransformOutput(ctx context.Context, call Call, answer payload.Message) (payload.Message, error)
	// Route gives the router's answer as it is: payload.Codec reads the branch in it.
	Route(ctx context.Context, call Call, request payload.Message) (payload.Message, error)
	Aggregate(ctx context.Context, call Call, answers []payload.Message) (payload.Message, error)
	Feedback(ctx context.Context, call Call, feedback payload.Message) (payload.Message, error)
	Status(ctx context.Context, call Call) (payload.Message, error)
	Metadata(ctx context.Context, call Call) (payload.Message, error)
	// ModelMetadata is Metadata, decoded.
	ModelMetadata(ctx context.Context, call Call) (ModelMetadata, error)
}

// Failure is a unit's own answer that is an error. Code is HTTP's status code (REST) or gRPC's code.
type Failure struct {
	Code int
	Text string
}

func (f *Failure) Error() string { return f.Text }

// ModelMetadata is what a unit says of itself.
type ModelMetadata struct {
	Name     string            `json:"name,omitempty"`
	Platform string            `json:"platform,omitempty"`
	Versions []string          `json:"versions,omitempty"`
	Inputs   json.RawMessage   `json:"inputs,omitempty"`
	Outputs  json.RawMessage   `json:"outputs,omitempty"`
	Custom   map[string]string `json:"custom,omitempty"`
}

// Observe is told of each call of a unit: the service (a path or a gRPC method), the unit's name as called, the HTTP
// method in small letters or "unary", the code and the duration in seconds.
type Observe func(service, model, method, code string, seconds float64)
