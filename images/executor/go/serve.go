package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"slipway.dev/executor/rest"
	"slipway.dev/executor/wiregrpc"
)

// serve answers until ctx ends. Then /ready says no; after the delay no new connection is taken, and requests under way
// have the graceful timeout to end.
func serve(ctx context.Context, o *options, handler *rest.Server, overGRPC *wiregrpc.Server) error {
	listener, err := listen(ctx, o, o.httpPort)
	if err != nil {
		return err
	}
	second, err := listen(ctx, o, o.grpcPort, "h2")
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: handler, IdleTimeout: 65 * time.Second, ReadHeaderTimeout: 30 * time.Second}
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(listener) }()
	go func() { ended <- overGRPC.Serve(second) }()
	slog.Info("serving", "protocol", o.protocol, "http", listener.Addr().String(), "grpc", second.Addr().String())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	slog.Info("ending", "shutdown_delay", o.delay.String(), "graceful_timeout", o.graceful.String())
	handler.Leave()
	overGRPC.Leave()
	time.Sleep(o.delay)
	left, cancel := context.WithTimeout(context.Background(), o.graceful)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		overGRPC.Stop(left)
		close(stopped)
	}()
	defer func() { <-stopped }()
	if err := server.Shutdown(left); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("requests were still under way after --graceful_timeout %s", o.graceful)
	} else if err != nil {
		return err
	}
	return nil
}

// listen takes connections at a port, with TLS where there is a certificate (and then of the protocols named; none:
// HTTP/1.1). The files are read for each connection: a renewed certificate is served at once.
func listen(ctx context.Context, o *options, port int, protocols ...string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", listenAddress(port))
	if err != nil || o.certificate == "" {
		return listener, err
	}
	load := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		certificate, err := tls.LoadX509KeyPair(o.certificate, o.key)
		return &certificate, err
	}
	if _, err := load(nil); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{
		GetCertificate: load, MinVersion: tls.VersionTLS12, NextProtos: protocols,
	}), nil
}
