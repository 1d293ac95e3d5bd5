package walk

import (
	"context"
	"strings"
	"testing"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

func TestAPanicOfOneChildIsItsRequestsError(t *testing.T) {
	child := &graph.Unit{Name: "a"}
	root := &graph.Unit{Name: "r", Children: []*graph.Unit{child, {Name: "b"}}}
	take := func(_ context.Context, unit *graph.Unit, message payload.Message) (payload.Message, error) {
		if unit == child {
			panic("oh")
		}
		return message, nil
	}
	_, _, err := (&steps{Graph: &Graph{}}).parallel(t.Context(), root, payload.Message{}, take)
	if err == nil || !strings.Contains(err.Error(), `unit "a": the executor went wrong: oh`) {
		t.Fatal(err)
	}
}
