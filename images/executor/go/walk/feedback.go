package walk

import (
	"context"
	"fmt"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

// feedback goes to the children first, along the branch that the answer took, then to the unit itself.
func (s *steps) feedback(ctx context.Context, unit *graph.Unit, message payload.Message) (payload.Message, error) {
	s.log(unit, graph.LogResponse, FeedbackKind, message)
	if len(unit.Children) > 0 {
		if failed, err := s.feedbackChildren(ctx, unit, message); err != nil {
			return failed, err
		}
	}
	if !unit.Calls(graph.SendFeedback) {
		return message, nil
	}
	return s.of(unit).Feedback(ctx, s.ask.call(unit), message)
}

func (s *steps) feedbackChildren(
	ctx context.Context, unit *graph.Unit, message payload.Message,
) (payload.Message, error) {
	branch := s.Codec.FeedbackRoute(message, unit.Name)
	switch {
	case branch == noChildren:
		return payload.Message{}, nil
	case branch == allChildren:
		_, failed, err := s.parallel(ctx, unit, message, s.feedback)
		return failed, err
	case branch < 0 || branch >= len(unit.Children):
		return payload.Message{}, fmt.Errorf(
			"the feedback's routing has branch %d for unit %q, which has %d children", branch, unit.Name, len(unit.Children))
	}
	return s.feedback(ctx, unit.Children[branch], message)
}
