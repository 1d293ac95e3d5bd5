package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

// patience is how long one unit has to take a connection or to say that it is well.
const patience = 5 * time.Second

// readiness asks the units of a graph whether they can answer.
type readiness struct {
	units  []*graph.Unit
	path   string // of the units' health; empty: a connection is enough
	client http.Client
}

func newReadiness(options Options) *readiness {
	made := &readiness{client: http.Client{Timeout: patience}}
	options.Graph.Predictor.Graph.All(func(unit *graph.Unit) {
		if !unit.Builtin() && address(unit) != "" {
			made.units = append(made.units, unit)
		}
	})
	if options.FullHealth {
		made.path = map[string]string{
			payload.Seldon: "/api/v1.0/health/status", payload.V2: "/v2/health/ready", payload.KFServing: "/v2/health/ready",
		}[options.Protocol]
	}
	return made
}

// address is where a unit is asked: at its service's port, which is that of its transport. It may have no other one.
func address(unit *graph.Unit) string {
	if port := unit.Endpoint.ServicePort; port > 0 && unit.Endpoint.ServiceHost != "" {
		return net.JoinHostPort(unit.Endpoint.ServiceHost, strconv.Itoa(port))
	}
	return unit.Address(unit.Endpoint.Type == "GRPC" || unit.Address(false) == "")
}

// check says what is wrong with the units, all of them asked at once.
func (r *readiness) check(ctx context.Context) error {
	errs := make([]error, len(r.units))
	var asked sync.WaitGroup
	for i, unit := range r.units {
		asked.Go(func() {
			if err := r.one(ctx, unit); err != nil {
				errs[i] = fmt.Errorf("unit %q: %w", unit.Name, err)
			}
		})
	}
	asked.Wait()
	return errors.Join(errs...)
}

func (r *readiness) one(ctx context.Context, unit *graph.Unit) error {
	if r.path == "" {
		dialer := net.Dialer{Timeout: patience}
		connection, err := dialer.DialContext(ctx, "tcp", address(unit))
		if err != nil {
			return err
		}
		return connection.Close()
	}
	where := "http://" + unit.Address(false) + r.path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", where, response.Status)
	}
	return nil
}

// Check says what is wrong with the units, as /ready does; nil where all of them can answer.
func (s *Server) Check(ctx context.Context) error {
	if s.leaving.Load() {
		return errors.New("the executor is about to end")
	}
	return s.ready.check(ctx)
}

// checkReady answers 200 where all units can answer, else 503 with what is wrong.
func (s *Server) checkReady(ctx context.Context, w http.ResponseWriter, _ *http.Request, _ found) int {
	if err := s.Check(ctx); err != nil {
		slog.Warn("not ready", "error", err.Error())
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}
