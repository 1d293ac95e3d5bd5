package walk

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"slipway.dev/executor/builtin"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

// What a router's answer means beside a child's index.
const (
	allChildren = -1
	noChildren  = -2
)

// steps are one request's way through the graph.
type steps struct {
	*Graph
	ask     Ask
	mutex   sync.Mutex
	routing map[string]int // nil: nobody asks
}

func (s *steps) predict(ctx context.Context, unit *graph.Unit, message payload.Message) (payload.Message, error) {
	message, err := s.input(ctx, unit, message)
	if err != nil {
		return message, err
	}
	if len(unit.Children) > 0 {
		if message, err = s.children(ctx, unit, message); err != nil {
			return message, err
		}
	}
	return s.output(ctx, unit, message)
}

// input is what happens before the children: a MODEL's prediction or a TRANSFORMER's change.
func (s *steps) input(ctx context.Context, unit *graph.Unit, message payload.Message) (payload.Message, error) {
	transforms := unit.Calls(graph.TransformInput)
	if !transforms && unit.Type != graph.Model {
		return message, nil
	}
	s.routed(unit, allChildren)
	return s.logged(unit, message, func(message payload.Message) (payload.Message, error) {
		if transforms {
			return s.of(unit).TransformInput(ctx, s.ask.call(unit), message)
		}
		return s.of(unit).Predict(ctx, s.ask.call(unit), message)
	})
}

func (s *steps) output(ctx context.Context, unit *graph.Unit, message payload.Message) (payload.Message, error) {
	if !unit.Calls(graph.TransformOutput) {
		return message, nil
	}
	return s.logged(unit, message, func(message payload.Message) (payload.Message, error) {
		return s.of(unit).TransformOutput(ctx, s.ask.call(unit), message)
	})
}

// logged makes a call with what the former unit answered, and shows the unit's logger both messages.
func (s *steps) logged(
	unit *graph.Unit, message payload.Message, call func(payload.Message) (payload.Message, error),
) (payload.Message, error) {
	if message.Answer {
		chained, err := s.Codec.Chain(message)
		if err != nil {
			return payload.Message{}, fmt.Errorf("unit %q: %w", unit.Name, err)
		}
		message = chained
	}
	s.log(unit, graph.LogRequest, RequestKind, message)
	answer, err := call(message)
	if err == nil {
		s.log(unit, graph.LogResponse, ResponseKind, answer)
	}
	return answer, err
}

// children is what a unit with children does between its input and its output.
func (s *steps) children(ctx context.Context, unit *graph.Unit, message payload.Message) (payload.Message, error) {
	s.log(unit, graph.LogRequest, RequestKind, message)
	branch, wrong, err := s.branch(ctx, unit, message)
	if err != nil {
		return wrong, err
	}
	s.routed(unit, branch)
	var answers []payload.Message
	switch {
	case branch == noChildren:
		return message, nil
	case branch == allChildren:
		var failed payload.Message
		if answers, failed, err = s.parallel(ctx, unit, message, s.predict); err != nil {
			return failed, err
		}
	case branch < 0 || branch >= len(unit.Children):
		return payload.Message{}, fmt.Errorf("router %q chose branch %d of %d", unit.Name, branch, len(unit.Children))
	default:
		answer, err := s.predict(ctx, unit.Children[branch], message)
		if err != nil {
			return answer, err
		}
		answers = []payload.Message{answer}
	}
	answer, err := s.aggregate(ctx, unit, answers)
	if err == nil {
		s.log(unit, graph.LogResponse, ResponseKind, answer)
	}
	return answer, err
}

// branch asks the router which way to go; where it fails, its answer comes beside the error.
func (s *steps) branch(ctx context.Context, unit *graph.Unit, message payload.Message) (int, payload.Message, error) {
	if unit.Builtin() {
		return builtin.Branch(unit), payload.Message{}, nil
	}
	if !unit.Calls(graph.Route) {
		return allChildren, payload.Message{}, nil
	}
	answer, err := s.of(unit).Route(ctx, s.ask.call(unit), message)
	if err != nil {
		return 0, answer, err
	}
	branch, err := s.Codec.Route(answer)
	if err != nil {
		return 0, payload.Message{}, fmt.Errorf("router %q: %w", unit.Name, err)
	}
	return branch, payload.Message{}, nil
}

// aggregate makes one answer of several: the COMBINER's, else the first.
func (s *steps) aggregate(ctx context.Context, unit *graph.Unit, answers []payload.Message) (payload.Message, error) {
	if !unit.Calls(graph.Aggregate) {
		return answers[0], nil
	}
	return s.of(unit).Aggregate(ctx, s.ask.call(unit), answers)
}

type step func(ctx context.Context, unit *graph.Unit, message payload.Message) (payload.Message, error)

// parallel takes a step with every child at once, and waits for all of them. The first child in order that failed
// gives the error and the answer beside it.
func (s *steps) parallel(
	ctx context.Context, unit *graph.Unit, message payload.Message, take step,
) (answers []payload.Message, failed payload.Message, err error) {
	answers = make([]payload.Message, len(unit.Children))
	errs := make([]error, len(unit.Children))
	last := len(unit.Children) - 1
	var others sync.WaitGroup
	for i, child := range unit.Children[:last] {
		others.Go(func() { answers[i], errs[i] = caught(ctx, take, child, message) })
	}
	answers[last], errs[last] = take(ctx, unit.Children[last], message)
	others.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, answers[i], err
		}
	}
	return answers, payload.Message{}, nil
}

// caught takes a step in a goroutine of its own, where a panic would end the process and everybody's requests.
func caught(
	ctx context.Context, take step, unit *graph.Unit, message payload.Message,
) (answer payload.Message, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			slog.Error("a step panicked", "unit", unit.Name, "panic", panicked, "stack", string(debug.Stack()))
			err = fmt.Errorf("unit %q: the executor went wrong: %v", unit.Name, panicked)
		}
	}()
	return take(ctx, unit, message)
}

func (s *steps) routed(unit *graph.Unit, branch int) {
	if s.routing == nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.routing[unit.Name] = branch
}

func (s *steps) log(unit *graph.Unit, direction graph.LogMode, kind Kind, message payload.Message) {
	if s.Log != nil && unit.Logs(direction) && !s.ask.Headers.On(payload.SkipLogging) {
		s.Log(unit, kind, message, s.ask.PUID)
	}
}
