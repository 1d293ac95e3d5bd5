// Package metrics counts requests and calls of units for Prometheus, by upstream's names and labels.
package metrics

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"slipway.dev/executor/graph"
)

// mostSeries bounds the sets of labels of one direction: the paths of v2 and tensorflow have a model's name of the
// caller in them, and memory must not grow with what callers make up. What comes after has the service "other".
const mostSeries = 1000

var (
	buckets    = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	objectives = map[float64]float64{0.5: 0.05, 0.75: 0.025, 0.9: 0.01, 0.98: 0.002, 0.99: 0.001, 1.0: 0}
)

// Metrics are one process's.
type Metrics struct {
	registry       *prometheus.Registry
	server, client *direction
	logged         *prometheus.CounterVec
}

// New makes the metrics of a predictor's graph, with Go's and the process's own beside them.
func New(deployment string, predictor *graph.Predictor) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	whose := []string{"deployment_name", "predictor_name", "predictor_version", "service"}
	same := []string{deployment, predictor.Name, predictor.Version()}
	m.server = newDirection(m.registry, "seldon_api_executor_server_requests_seconds",
		"Seconds that requests of callers took", append(whose[:4:4], "method", "code"),
		func(k key) []string { return append(same[:3:3], k.service, k.method, k.code) })
	m.client = newDirection(m.registry, "seldon_api_executor_client_requests_seconds",
		"Seconds that calls of units took",
		append(whose[:4:4], "model_name", "model_image", "model_version", "method", "code"),
		func(k key) []string {
			image, version := predictor.Image(k.model)
			return append(same[:3:3], k.service, k.model, image, version, k.method, k.code)
		})
	m.logged = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slipway_executor_logged_payloads_total", Help: "Payloads for loggers: sent, failed or dropped",
	}, []string{"result"})
	m.registry.MustRegister(m.logged)
	return m
}

// Server counts a request: method is HTTP's in small letters, or "unary".
func (m *Metrics) Server(service, method, code string, seconds float64) {
	m.server.observe(key{service, "", method, code}, seconds)
}

// Client counts a call of a unit.
func (m *Metrics) Client(service, model, method, code string, seconds float64) {
	m.client.observe(key{service, model, method, code}, seconds)
}

// Logged counts a payload for a logger: sent, failed or dropped.
func (m *Metrics) Logged(result string) { m.logged.WithLabelValues(result).Inc() }

// Handler answers with all metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// key is what of the labels differs between the series of one process.
type key struct{ service, model, method, code string }

// direction has a histogram and a summary of the same durations, and remembers their series: finding them by labels
// would cost more than counting.
type direction struct {
	histogram *prometheus.HistogramVec
	summary   *prometheus.SummaryVec
	labels    func(key) []string
	series    sync.Map // of key to []prometheus.Observer
	count     atomic.Int32
}

func newDirection(
	registry *prometheus.Registry, name, help string, names []string, labels func(key) []string,
) *direction {
	d := &direction{
		histogram: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, names),
		summary: prometheus.NewSummaryVec(
			prometheus.SummaryOpts{Name: name + "_summary", Help: help, Objectives: objectives}, names),
		labels: labels,
	}
	registry.MustRegister(d.histogram, d.summary)
	return d
}

func (d *direction) observe(k key, seconds float64) {
	found, ok := d.series.Load(k)
	if !ok {
		found = d.add(k)
	}
	for _, observer := range found.([]prometheus.Observer) {
		observer.Observe(seconds)
	}
}

func (d *direction) add(k key) any {
	if d.count.Load() >= mostSeries {
		k.service = "other"
	} else {
		d.count.Add(1)
	}
	labels := d.labels(k)
	made, _ := d.series.LoadOrStore(k, []prometheus.Observer{
		d.histogram.WithLabelValues(labels...), d.summary.WithLabelValues(labels...),
	})
	return made
}
