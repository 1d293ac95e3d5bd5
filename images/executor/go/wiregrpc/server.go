package wiregrpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/walk"
)

// Options are what a server needs beside its graph. Nil functions are not called.
type Options struct {
	// Protocol is seldon, v2 (or kfserving) or tensorflow.
	Protocol string
	Limits   Limits
	// Observe is told of each request: the gRPC method, its code and its duration in seconds.
	Observe func(method, code string, seconds float64)
	// Span begins a server's span from a request's headers; what it gives back ends the span.
	Span func(ctx context.Context, name string, headers http.Header) (context.Context, func())
	// Ready says whether the units can be reached (v2's ServerReady).
	Ready func(context.Context) error
}

// Server serves one predictor's graph.
type Server struct {
	graph   *walk.Graph
	options Options
	grpc    *grpc.Server
	health  *health.Server
}

// NewServer makes a server with the services of the protocol, gRPC's health service and reflection.
func NewServer(graph *walk.Graph, options Options) (*Server, error) {
	services := servicesOf(options.Protocol)
	if services == nil {
		return nil, fmt.Errorf("protocol %q is not served over gRPC", options.Protocol)
	}
	server := &Server{graph: graph, options: options, health: health.NewServer()}
	server.grpc = grpc.NewServer(
		grpc.ForceServerCodecV2(newFrames()),
		grpc.MaxRecvMsgSize(options.Limits.Message),
		grpc.MaxSendMsgSize(options.Limits.Message),
		// Gateways ask often whether a connection lives; gRPC's own limit of five minutes would end it.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	)
	for _, service := range services {
		server.grpc.RegisterService(service.describe(server), server)
		server.health.SetServingStatus(service.name, healthpb.HealthCheckResponse_SERVING)
	}
	healthpb.RegisterHealthServer(server.grpc, server.health)
	reflection.Register(server.grpc)
	return server, nil
}

// Serve takes connections until Stop.
func (s *Server) Serve(listener net.Listener) error { return s.grpc.Serve(listener) }

// Leave makes the health service answer NOT_SERVING: the process is about to end.
func (s *Server) Leave() { s.health.Shutdown() }

// Stop takes no more requests and ends with the last running one, or when the context does.
func (s *Server) Stop(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.grpc.Stop()
	}
}

// request is one call of the server on its way: what its handler needs.
type request struct {
	*Server
	walk.Ask
	ctx   context.Context
	bytes []byte
}

// handle runs one method: the id and headers before, the code and duration after.
func (s *Server) handle(
	ctx context.Context, method string, received []byte, handler func(*request) (payload.Message, error),
) (answer any, err error) {
	started := time.Now()
	headers := incoming(ctx)
	puid := first(headers[payload.PUID])
	if puid == "" {
		puid = payload.NewPUID()
		headers[payload.PUID] = []string{puid}
	}
	_ = grpc.SetHeader(ctx, metadata.Pairs(strings.ToLower(payload.PUID), puid))
	if s.options.Span != nil {
		var end func()
		ctx, end = s.options.Span(ctx, method, http.Header(headers))
		defer end()
	}
	defer func() {
		if caught := recover(); caught != nil {
			slog.Error("a request ended in a panic", "method", method, "puid", puid, "panic", caught)
			answer, err = nil, status.Error(codes.Internal, "the orchestrator failed")
		}
		if s.options.Observe != nil {
			s.options.Observe(method, status.Code(err).String(), time.Since(started).Seconds())
		}
	}()
	made, err := handler(&request{s, walk.Ask{PUID: puid, Headers: headers}, ctx, received})
	if err != nil {
		slog.Error("request failed", "method", method, "puid", puid, "error", err.Error())
		return nil, told(err)
	}
	return &frame{made.Bytes}, nil
}

// told gives an error the caller's code: the unit's own, else UNKNOWN as upstream.
func told(err error) error {
	var unit *failure
	if errors.As(err, &unit) {
		return unit.status.Err()
	}
	var failed *client.Failure
	if errors.As(err, &failed) && failed.Code <= int(codes.Unauthenticated) {
		return status.Error(codes.Code(failed.Code), failed.Text)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err).Err()
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codes.Unknown, err.Error())
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// about asks a unit of itself; path are the fields' numbers on the way to its name in the request.
func (r *request) about(
	ask func(context.Context, walk.Ask, string) (payload.Message, error), path ...protowire.Number,
) (payload.Message, error) {
	name := r.bytes
	for _, number := range path {
		name = field(name, number)
	}
	r.Model = string(name)
	return ask(withAsked(r.ctx, r.bytes), r.Ask, r.Model)
}
