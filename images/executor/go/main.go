// Command executor serves the graph of one predictor of a SeldonDeployment: it takes requests, walks through the
// predictor's units with them and answers as Seldon Core 1.17.1's service orchestrator does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/podinfo"
	"slipway.dev/executor/rest"
	"slipway.dev/executor/walk"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		slog.Error("the executor ends", "error", err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	o, err := parse(arguments)
	if err != nil {
		return err
	}
	logTo(o.logLevel)
	predictor, err := graph.Load(o.predictor, o.file)
	if err != nil {
		return err
	}
	if err := predictor.Check(o.protocol); err != nil {
		return err
	}
	annotations, err := podinfo.Read(o.podinfo)
	if err != nil {
		return err
	}
	timeout, err := annotations.Milliseconds(podinfo.RESTTimeout)
	if err != nil {
		return err
	}
	watched, err := newWatch(ctx, o, predictor)
	if err != nil {
		return err
	}
	defer watched.close()
	made := &walk.Graph{
		Predictor: predictor,
		Units: client.NewREST(o.protocol, client.Options{
			Timeout: timeout, Observe: watched.metrics.Client, Span: watched.called(),
		}),
		Codec:   payload.JSON{Protocol: o.protocol},
		Log:     watched.put(),
		Routing: o.routing,
	}
	server := rest.New(rest.Options{
		Graph: made, Observe: watched.metrics.Server, Metrics: watched.metrics.Handler(), Span: watched.served(),
		Protocol: o.protocol, Deployment: o.deployment, Namespace: o.namespace, MetricsPath: o.prometheusPath,
		MaxBytes: o.maxBytes, FullHealth: o.fullHealth, Origins: o.origins, AllowedHeaders: o.allowedHeaders,
	})
	overGRPC, err := overGRPC(o, made, annotations, watched, server.Check)
	if err != nil {
		return err
	}
	return serve(ctx, o, server, overGRPC)
}

// logTo sets what is written to standard error, as JSON.
func logTo(name string) {
	var level slog.Level
	if name == "WARNING" {
		name = "WARN"
	}
	if err := level.UnmarshalText([]byte(name)); err != nil {
		level = slog.LevelInfo
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
}

// listenAddress is every address of the host.
func listenAddress(port int) string { return fmt.Sprintf(":%d", port) }
