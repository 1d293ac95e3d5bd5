package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"time"

	"slipway.dev/executor/payload"
	"slipway.dev/executor/rest"
)

// options are the program's, by flags of Seldon's names and by the environment.
type options struct {
	deployment, namespace, predictor string
	protocol, transport, serverType  string
	httpPort, grpcPort               int
	prometheusPath, file, hostname   string
	graceful, delay                  time.Duration
	fullHealth                       bool
	logWorkers, logBuffer, logWait   int
	logLevel                         string
	maxBytes                         int64
	podinfo                          string
	origins, allowedHeaders          string
	routing                          bool
	certificate, key                 string // files; empty: no TLS
}

func parse(arguments []string) (*options, error) {
	o := &options{}
	set := flag.NewFlagSet("executor", flag.ContinueOnError)
	set.StringVar(&o.deployment, "sdep", "", "name of the SeldonDeployment")
	set.StringVar(&o.namespace, "namespace", "", "its namespace")
	set.StringVar(&o.predictor, "predictor", "", "name of the predictor in it")
	set.StringVar(&o.protocol, "protocol", payload.Seldon, "seldon, v2 or tensorflow")
	set.StringVar(&o.transport, "transport", "rest", "rest or grpc; both are served in any case")
	set.StringVar(&o.serverType, "server_type", "rpc", "rpc")
	set.IntVar(&o.httpPort, "http_port", 8080, "port of HTTP")
	set.IntVar(&o.grpcPort, "grpc_port", 5000, "port of gRPC")
	set.StringVar(&o.prometheusPath, "prometheus_path", "/metrics", "path of the metrics")
	set.StringVar(&o.file, "file", "", "file with the SeldonDeployment, in place of the environment's ENGINE_PREDICTOR")
	set.StringVar(&o.hostname, "hostname", environment("POD_NAME", "localhost"), "this server's name in logged payloads")
	set.DurationVar(&o.graceful, "graceful_timeout", 15*time.Second, "how long requests under way may take at the end")
	set.DurationVar(&o.delay, "shutdown_delay", 0, "how long new requests are taken after SIGTERM")
	set.BoolVar(&o.fullHealth, "full_health_checks", false, "ready by the units' health, not by their ports")
	set.IntVar(&o.logWorkers, "logger_workers", 10, "how many payloads are sent to loggers at a time")
	set.IntVar(&o.logBuffer, "log_work_buffer_size", 10000, "how many payloads may wait for that")
	set.IntVar(&o.logWait, "log_write_timeout_ms", 2000, "how long a payload waits for a place among them; 0: it is dropped")
	set.StringVar(&o.logLevel, "log_level", environment("SELDON_LOG_LEVEL", "INFO"), "DEBUG, INFO, WARN or ERROR")
	set.Int64Var(&o.maxBytes, "http_max_bytes", 512<<20, "largest body of a request; 0: any")
	set.StringVar(&o.podinfo, "podinfo", "/etc/podinfo/annotations", "file with the Pod's annotations")
	debug := set.Bool("debug", false, "the same as --log_level DEBUG")
	if err := set.Parse(arguments); err != nil {
		return nil, err
	}
	if on, err := strconv.ParseBool(os.Getenv("SELDON_DEBUG")); *debug || (err == nil && on) {
		o.logLevel = "DEBUG"
	}
	o.origins = environment("CORS_ALLOWED_ORIGINS", rest.AnyOrigin)
	o.allowedHeaders = environment("CORS_ALLOWED_HEADERS", rest.DefaultCORSHeaders)
	o.routing = os.Getenv("SELDON_ENABLE_ROUTING_INJECTION") != ""
	if mount := os.Getenv("SELDON_CERT_MOUNT_PATH"); mount != "" {
		o.certificate = path.Join(mount, environment("SELDON_CERT_FILE_NAME", "tls.crt"))
		o.key = path.Join(mount, environment("SELDON_CERT_KEY_FILE_NAME", "tls.key"))
	}
	return o, o.check()
}

func (o *options) check() error {
	switch {
	case o.deployment == "":
		return errors.New("--sdep is missing: the name of the SeldonDeployment")
	case o.namespace == "":
		return errors.New("--namespace is missing")
	case o.predictor == "":
		return errors.New("--predictor is missing: the predictor's name")
	case !slices.Contains([]string{payload.Seldon, payload.V2, payload.KFServing, payload.Tensorflow}, o.protocol):
		return fmt.Errorf("--protocol %q is none of seldon, v2 and tensorflow", o.protocol)
	case o.transport != "rest" && o.transport != "grpc":
		return fmt.Errorf("--transport %q is neither rest nor grpc", o.transport)
	case o.serverType != "rpc":
		return fmt.Errorf("--server_type %q is not served: only rpc is", o.serverType)
	}
	return nil
}

func environment(name, otherwise string) string {
	if value, set := os.LookupEnv(name); set {
		return value
	}
	return otherwise
}
