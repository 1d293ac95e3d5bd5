package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"slipway.dev/executor/payload"
)

// Options are what calls of units are made with; all of them may be left out.
type Options struct {
	// Timeout ends one call of a unit; 0: never.
	Timeout time.Duration
	// Observe is told of each call.
	Observe Observe
	// Span begins a client's span; it may add headers, and what it gives back ends the span.
	Span func(ctx context.Context, name string, header http.Header) func()
}

// REST calls units by HTTP with JSON, or whatever else the caller sent.
type REST struct {
	protocol string
	options  Options
	pooled   http.RoundTripper
	once     http.RoundTripper
}

var _ Unit = (*REST)(nil)

// NewREST gives the client of a protocol.
func NewREST(protocol string, options Options) *REST {
	return &REST{protocol: protocol, options: options, pooled: newTransport(true), once: newTransport(false)}
}

// Predict sends a request to a MODEL.
func (c *REST) Predict(ctx context.Context, call Call, request payload.Message) (payload.Message, error) {
	return c.post(ctx, call, predict, request)
}

// TransformInput sends a request to a TRANSFORMER.
func (c *REST) TransformInput(ctx context.Context, call Call, request payload.Message) (payload.Message, error) {
	return c.post(ctx, call, transformInput, request)
}

// TransformOutput sends an answer to an OUTPUT_TRANSFORMER.
func (c *REST) TransformOutput(ctx context.Context, call Call, answer payload.Message) (payload.Message, error) {
	return c.post(ctx, call, transformOutput, answer)
}

// Route asks a ROUTER.
func (c *REST) Route(ctx context.Context, call Call, request payload.Message) (payload.Message, error) {
	return c.post(ctx, call, route, request)
}

// Aggregate sends a COMBINER a JSON list of answers.
func (c *REST) Aggregate(ctx context.Context, call Call, answers []payload.Message) (payload.Message, error) {
	list := []byte{'['}
	for i, answer := range answers {
		if answer.InferenceHeader != "" || answer.ContentEncoding != "" || !json.Valid(answer.Bytes) {
			return payload.Message{}, fmt.Errorf("unit %q combines JSON, and answer %d of its children is not JSON", call.Unit.Name, i)
		}
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, answer.Bytes...)
	}
	message := payload.Message{Bytes: append(list, ']'), ContentType: answers[0].ContentType}
	return c.post(ctx, call, aggregate, message)
}

// Feedback sends a Feedback, which only the protocol seldon has; for others it comes back.
func (c *REST) Feedback(ctx context.Context, call Call, feedback payload.Message) (payload.Message, error) {
	if c.protocol != payload.Seldon {
		return feedback, nil
	}
	return c.post(ctx, call, sendFeedback, feedback)
}

// Status asks whether a unit is well.
func (c *REST) Status(ctx context.Context, call Call) (payload.Message, error) {
	return c.call(ctx, call, status, nil)
}

// Metadata asks what a unit says of itself.
func (c *REST) Metadata(ctx context.Context, call Call) (payload.Message, error) {
	return c.call(ctx, call, metadata, nil)
}

// ModelMetadata is Metadata, decoded.
func (c *REST) ModelMetadata(ctx context.Context, call Call) (ModelMetadata, error) {
	var decoded ModelMetadata
	answer, err := c.Metadata(ctx, call)
	if err != nil {
		return decoded, err
	}
	if err := json.Unmarshal(answer.Bytes, &decoded); err != nil {
		return decoded, fmt.Errorf("the metadata of unit %q: %w", call.Unit.Name, err)
	}
	return decoded, nil
}

func (c *REST) post(ctx context.Context, call Call, method string, message payload.Message) (payload.Message, error) {
	return c.call(ctx, call, method, &message)
}

// call sends a message (nil: asks with GET) and gives the unit's answer, beside a *Failure where its status is not 200.
func (c *REST) call(ctx context.Context, call Call, method string, message *payload.Message) (payload.Message, error) {
	path := pathOf(c.protocol, method, call)
	request := (&http.Request{
		Method: http.MethodGet,
		URL:    &url.URL{Scheme: "http", Host: call.Unit.Address(false), Path: path},
		Header: headersFor(call.Headers, message), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	})
	if request.URL.Host == "" {
		return payload.Message{}, fmt.Errorf("unit %q has no HTTP port", call.Unit.Name)
	}
	if message != nil {
		request.Method = http.MethodPost
		setBody(request, message.Bytes)
	}
	if c.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.Timeout)
		defer cancel()
	}
	if c.options.Span != nil {
		defer c.options.Span(ctx, path, request.Header)()
	}
	begun := time.Now()
	answer, code, err := c.exchange(request.WithContext(ctx), method != sendFeedback)
	if c.options.Observe != nil {
		c.options.Observe(path, call.Unit.Name, strings.ToLower(request.Method), strconv.Itoa(code), time.Since(begun).Seconds())
	}
	switch {
	case err != nil:
		return payload.Message{}, c.explain(err, call, request.URL)
	case code != http.StatusOK:
		text := fmt.Sprintf("unit %q answered %d at %s", call.Unit.Name, code, request.URL)
		return answer, &Failure{Code: code, Text: text}
	}
	return answer, nil
}

// exchange gives the answer and its status; 500 where there is none.
func (c *REST) exchange(request *http.Request, again bool) (payload.Message, int, error) {
	transport := c.pooled
	if !again {
		transport = c.once
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return payload.Message{}, http.StatusInternalServerError, err
	}
	defer response.Body.Close()
	body, err := ReadAll(response.Body, response.ContentLength)
	if err != nil {
		return payload.Message{}, http.StatusInternalServerError, err
	}
	return payload.Message{
		Bytes:           body,
		ContentType:     response.Header.Get("Content-Type"),
		ContentEncoding: response.Header.Get("Content-Encoding"),
		InferenceHeader: response.Header.Get(payload.InferenceHeader),
		Answer:          true,
	}, response.StatusCode, nil
}

func (c *REST) explain(err error, call Call, where *url.URL) error {
	if errors.Is(err, context.DeadlineExceeded) && c.options.Timeout > 0 {
		return fmt.Errorf("unit %q did not answer at %s within %s: %w", call.Unit.Name, where, c.options.Timeout, err)
	}
	return fmt.Errorf("unit %q did not answer at %s: %w", call.Unit.Name, where, err)
}

// ReadAll reads a body of a length that is known (or -1) without growing as it goes.
func ReadAll(body io.Reader, length int64) ([]byte, error) {
	if length == 0 {
		return nil, nil
	}
	if length < 0 || length > 64<<20 {
		return io.ReadAll(body)
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, err
	}
	return data, nil
}

func setBody(request *http.Request, data []byte) {
	request.ContentLength = int64(len(data))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	if len(data) == 0 {
		request.Body = http.NoBody
		return
	}
	request.Body, _ = request.GetBody()
}
