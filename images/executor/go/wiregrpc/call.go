package wiregrpc

import (
	"context"
	"errors"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
)

// Units calls units of every protocol; Seldon, V2 and Tensorflow are client.Unit on top of it.
type Units struct {
	connections connections
	timeout     time.Duration
	observe     client.Observe
	span        Span
}

// Span begins a client's span; it may add headers, and what it gives back ends the span.
type Span func(ctx context.Context, name string, header http.Header) func()

// NewUnits makes it; observe and span may be nil.
func NewUnits(limits Limits, observe client.Observe, span Span) *Units {
	return &Units{timeout: limits.Timeout, observe: observe, span: span}
}

// Close ends all connections to units.
func (u *Units) Close() { u.connections.close() }

// invoke calls a unit's method ("/package.Service/Method") with an encoded message.
func (u *Units) invoke(ctx context.Context, call client.Call, method string, request []byte) ([]byte, error) {
	address := call.Unit.Address(true)
	if address == "" {
		return nil, errors.New("unit " + call.Unit.Name + " has no gRPC endpoint")
	}
	conn, err := u.connections.to(address)
	if err != nil {
		return nil, err
	}
	if u.timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, u.timeout)
		defer cancel()
		ctx = limited
	}
	headers := call.Headers
	if u.span != nil {
		added := http.Header(headers).Clone()
		defer u.span(ctx, method, added)()
		headers = payload.Headers(added)
	}
	started := time.Now()
	answer := frame{}
	err = conn.Invoke(outgoing(ctx, headers), method, &frame{request}, &answer)
	if u.observe != nil {
		u.observe(method, call.Unit.Name, "unary", status.Code(err).String(), time.Since(started).Seconds())
	}
	if err != nil {
		return nil, failed(err)
	}
	return answer.bytes, nil
}

// failure is a unit's error: *client.Failure for who asks so, gRPC's whole status for the caller.
type failure struct {
	*client.Failure
	status *status.Status
}

func (f *failure) Unwrap() error              { return f.Failure }
func (f *failure) GRPCStatus() *status.Status { return f.status }

func failed(err error) error {
	told := status.Convert(err)
	return &failure{&client.Failure{Code: int(told.Code()), Text: told.Message()}, told}
}

func unserved(call client.Call, what string) error {
	return failed(status.Errorf(codes.Unimplemented, "unit %s: this protocol has no %s over gRPC", call.Unit.Name, what))
}
