// Package walk takes requests through the graph of one predictor.
package walk

import (
	"context"

	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

// Graph is what requests of one transport walk through.
type Graph struct {
	Predictor *graph.Predictor
	Units     client.Unit
	Codec     payload.Codec
	// Log is told of payloads of units that have a logger; nil: nobody is.
	Log Log
	// Routing asks for meta.routing in answers (SELDON_ENABLE_ROUTING_INJECTION).
	Routing bool
	// Choose is a number in [0, 1) for RANDOM_ABTEST; nil: a random one.
	Choose func() float64
}

// Kind is the type of a logged payload's CloudEvent.
type Kind string

// The kinds of logged payloads.
const (
	Request  Kind = "io.seldon.serving.inference.request"
	Response Kind = "io.seldon.serving.inference.response"
	Feedback Kind = "io.seldon.serving.feedback"
)

// Log takes a payload of a unit. It must not block.
type Log func(unit *graph.Unit, kind Kind, message payload.Message, puid string)

// Ask is one request's own: what its walk needs beside the message.
type Ask struct {
	// PUID is the request's id, made where the caller has none.
	PUID string
	// Model overrides the name by which units are called (protocols v2 and tensorflow have it in the path).
	Model   string
	Headers payload.Headers
}

// Predict takes a message through the graph. Where a unit answered with an error, that answer comes beside it.
func (g *Graph) Predict(ctx context.Context, ask Ask, message payload.Message) (payload.Message, error) {
	panic("to come")
}

// Feedback takes a Feedback through the graph, along the routing of the answer in it.
func (g *Graph) Feedback(ctx context.Context, ask Ask, message payload.Message) (payload.Message, error) {
	panic("to come")
}

// Status asks the unit of that name (a path of the server gives it).
func (g *Graph) Status(ctx context.Context, ask Ask, unit string) (payload.Message, error) {
	panic("to come")
}

// Metadata asks the unit of that name.
func (g *Graph) Metadata(ctx context.Context, ask Ask, unit string) (payload.Message, error) {
	panic("to come")
}
