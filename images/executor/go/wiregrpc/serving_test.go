package wiregrpc

import (
	"context"
	"math"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/walk"
)

// listening gives a free port of this machine.
func listening(t *testing.T) (net.Listener, int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener, listener.Addr().(*net.TCPAddr).Port
}

// unit serves what register adds, as a unit of that name and type.
func unit(t *testing.T, name string, kind graph.Type, register func(*grpc.Server), children ...*graph.Unit) *graph.Unit {
	t.Helper()
	listener, port := listening(t)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))
	register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return &graph.Unit{
		Name: name, Type: kind, Children: children,
		Endpoint: graph.Endpoint{ServiceHost: "127.0.0.1", GRPCPort: port},
	}
}

// orchestrator serves a graph and gives a connection to it.
func orchestrator(t *testing.T, made *walk.Graph, options Options) *grpc.ClientConn {
	t.Helper()
	if options.Limits.Message == 0 {
		options.Limits.Message = math.MaxInt32
	}
	server, err := NewServer(made, options)
	if err != nil {
		t.Fatal(err)
	}
	listener, _ := listening(t)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		server.Stop(ctx)
	})
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// within is the time that a test's calls have.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
