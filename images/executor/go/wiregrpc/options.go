package wiregrpc

import (
	"math"
	"time"

	"slipway.dev/executor/podinfo"
)

// Limits are what annotations say of gRPC.
type Limits struct {
	// Message is the greatest size of a message from and to callers, in bytes.
	Message int
	// Timeout of one call of one unit; 0: as long as the caller waits.
	Timeout time.Duration
}

// LimitsFrom reads annotations. One that is no number is an error, a timeout too: upstream passes over that in silence.
func LimitsFrom(annotations podinfo.Annotations) (Limits, error) {
	limits := Limits{Message: math.MaxInt32}
	size, err := annotations.Int(podinfo.GRPCMaxMessage)
	if err != nil {
		return limits, err
	}
	if size > 0 {
		limits.Message = size
	}
	limits.Timeout, err = annotations.Milliseconds(podinfo.GRPCTimeout)
	return limits, err
}
