package wiregrpc

import (
	"context"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
)

// modelsOnly answers for the protocols that know models and nothing else.
type modelsOnly struct{}

// Route is not in the protocol.
func (modelsOnly) Route(_ context.Context, call client.Call, _ payload.Message) (payload.Message, error) {
	return payload.Message{}, unserved(call, "routers")
}

// Aggregate is not in the protocol.
func (modelsOnly) Aggregate(_ context.Context, call client.Call, _ []payload.Message) (payload.Message, error) {
	return payload.Message{}, unserved(call, "combiners")
}

// Feedback is not in the protocol: it ends here, as upstream's does with REST.
func (modelsOnly) Feedback(_ context.Context, _ client.Call, feedback payload.Message) (payload.Message, error) {
	return feedback, nil
}
