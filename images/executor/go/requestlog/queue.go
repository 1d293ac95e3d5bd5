// Package requestlog sends payloads of units that have a logger as CloudEvents by HTTP, beside the requests: a logger
// that is slow or gone costs payloads, never answers.
package requestlog

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/walk"
)

// mostBytes bounds what may wait to be sent: the number of payloads alone does not bound memory.
const mostBytes = 64 << 20

// Options say how payloads are sent.
type Options struct {
	// Deployment, Namespace, Predictor and Protocol stand in every event; Source is the URL of this server.
	Deployment, Namespace, Predictor, Protocol, Source string
	// URL is where payloads go of units whose logger has none.
	URL string
	// Workers send at a time; Waiting is how many payloads may wait for them.
	Workers, Waiting int
	// Patience is how long a payload waits for a place among those; 0: it is dropped at once.
	Patience time.Duration
	// Count is told of each payload: sent, failed or dropped.
	Count func(result string)
}

// Queue takes payloads and sends them.
type Queue struct {
	options Options
	entries chan entry
	bytes   atomic.Int64 // waiting or being sent
	waiters atomic.Int64
	lost    atomic.Int64
	workers sync.WaitGroup
	mutex   sync.RWMutex // closing of entries against putting into it
	closed  bool
}

type entry struct {
	url     string
	unit    string
	kind    walk.Kind
	message payload.Message
	puid    string
}

// New starts the workers.
func New(options Options) *Queue {
	q := &Queue{options: options, entries: make(chan entry, max(options.Waiting, 1))}
	for range max(options.Workers, 1) {
		q.workers.Go(q.work)
	}
	return q
}

// Put is walk.Log: it takes a payload or drops it, and does not wait.
func (q *Queue) Put(unit *graph.Unit, kind walk.Kind, message payload.Message, puid string) {
	url := unit.Logger.URL
	if url == "" {
		url = q.options.URL
	}
	if url == "" {
		q.drop(unit.Name, "the logger has no URL, and there is no default one")
		return
	}
	one := entry{url, unit.Name, kind, message, puid}
	size := int64(len(message.Bytes))
	if q.bytes.Add(size) > mostBytes {
		q.bytes.Add(-size)
		q.drop(unit.Name, "payloads that wait for the logger fill the memory that they have")
		return
	}
	if q.try(one) {
		return
	}
	if q.options.Patience <= 0 || q.waiters.Add(1) > int64(cap(q.entries)) {
		q.bytes.Add(-size)
		q.drop(unit.Name, "the queue to the logger is full")
		return
	}
	go q.wait(one)
}

func (q *Queue) try(one entry) bool {
	q.mutex.RLock()
	defer q.mutex.RUnlock()
	if q.closed {
		return false
	}
	select {
	case q.entries <- one:
		return true
	default:
		return false
	}
}

// wait puts a payload in as soon as there is a place.
func (q *Queue) wait(one entry) {
	defer q.waiters.Add(-1)
	for until := time.Now().Add(q.options.Patience); time.Now().Before(until); time.Sleep(q.options.Patience / 100) {
		if q.try(one) {
			return
		}
	}
	q.bytes.Add(-int64(len(one.message.Bytes)))
	q.drop(one.unit, "the queue to the logger stayed full")
}

// drop counts a payload that is not sent; of many, every thousandth is a line in the log.
func (q *Queue) drop(unit, why string) {
	q.count("dropped")
	if lost := q.lost.Add(1); lost%1000 == 1 {
		slog.Warn("a payload is not logged", "unit", unit, "reason", why, "dropped", lost)
	}
}

func (q *Queue) count(result string) {
	if q.options.Count != nil {
		q.options.Count(result)
	}
}

func (q *Queue) work() {
	sender := newSender(q.options)
	for one := range q.entries {
		if err := sender.send(one); err != nil {
			q.count("failed")
			slog.Error("a payload did not reach its logger", "unit", one.unit, "url", one.url, "error", err.Error())
		} else {
			q.count("sent")
		}
		q.bytes.Add(-int64(len(one.message.Bytes)))
	}
}

// Close takes no more payloads and sends those that wait, until the context ends.
func (q *Queue) Close(ctx context.Context) {
	q.mutex.Lock()
	if !q.closed {
		q.closed = true
		close(q.entries)
	}
	q.mutex.Unlock()
	done := make(chan struct{})
	go func() {
		q.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		slog.Warn("payloads are left unsent at the end", "waiting", len(q.entries))
	}
}
