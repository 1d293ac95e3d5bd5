package requestlog

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"slipway.dev/executor/payload"
)

// patience is how long a logger has to answer.
const patience = 60 * time.Second

// client is one for all workers, so that each logger's connections are kept.
var client = &http.Client{
	Timeout:   patience,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
}

type sender struct{ options Options }

func newSender(options Options) sender { return sender{options} }

// send posts one payload as a CloudEvent 1.0 in HTTP's binary mode: the payload is the body, uncompressed.
func (s sender) send(one entry) error {
	body, err := payload.Plain(one.message)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, one.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	kind := one.message.ContentType
	if kind == "" {
		kind = "application/json"
	}
	for name, value := range map[string]string{
		"Ce-Specversion":          "1.0",
		"Ce-Id":                   payload.NewPUID(),
		"Ce-Time":                 time.Now().UTC().Format(time.RFC3339Nano),
		"Ce-Type":                 string(one.kind),
		"Ce-Source":               s.options.Source,
		"Ce-Modelid":              one.unit,
		"Ce-Requestid":            one.puid,
		"Ce-Inferenceservicename": s.options.Deployment,
		"Ce-Namespace":            s.options.Namespace,
		"Ce-Endpoint":             s.options.Predictor,
		"Ce-Protocol":             s.options.Protocol,
		"Content-Type":            kind,
	} {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	// Read to its end, so that the connection is used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the logger answered %s", response.Status)
	}
	return nil
}
