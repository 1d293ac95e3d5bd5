package client

import (
	"net"
	"net/http"
	"time"

	"slipway.dev/executor/payload"
)

// newTransport keeps connections to units open, or makes one for each call.
func newTransport(pooled bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:         dialer.DialContext,
		DisableKeepAlives:   !pooled,
		DisableCompression:  true, // what the caller accepts is passed on
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     60 * time.Second,
		WriteBufferSize:     16 << 10,
		ReadBufferSize:      16 << 10,
	}
}

// dropped are headers of a request that are the connection's own, or are written anew.
var dropped = map[string]bool{
	"Connection": true, "Content-Encoding": true, "Content-Length": true, "Content-Type": true, "Expect": true,
	"Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
	payload.InferenceHeader: true,
}

// headersFor gives the headers of a call: the request's own, and those that describe the message.
func headersFor(headers payload.Headers, message *payload.Message) http.Header {
	made := make(http.Header, len(headers)+4)
	for name, values := range headers {
		if !dropped[name] {
			made[name] = values
		}
	}
	// Without this one, Go names itself.
	if made["User-Agent"] == nil {
		made["User-Agent"] = nil
	}
	if message == nil {
		return made
	}
	// Not sent, since it is empty: a connection that the unit closed while it lay idle is then no error but a new try.
	made["X-Idempotency-Key"] = nil
	if message.ContentType != "" {
		made["Content-Type"] = []string{message.ContentType}
	}
	if message.ContentEncoding != "" {
		made["Content-Encoding"] = []string{message.ContentEncoding}
	}
	if message.InferenceHeader != "" {
		made[payload.InferenceHeader] = []string{message.InferenceHeader}
	}
	return made
}
