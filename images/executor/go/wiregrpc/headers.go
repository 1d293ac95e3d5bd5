package wiregrpc

import (
	"context"
	"net/textproto"
	"strings"

	"google.golang.org/grpc/metadata"

	"slipway.dev/executor/payload"
)

// incoming gives a request's metadata as headers, in HTTP's spelling, so that the walk finds names as it does with REST.
func incoming(ctx context.Context) payload.Headers {
	received, _ := metadata.FromIncomingContext(ctx)
	headers := make(payload.Headers, len(received)+1)
	for key, values := range received {
		headers[textproto.CanonicalMIMEHeaderKey(key)] = values
	}
	return headers
}

// outgoing passes headers on to a unit, but for those that belong to the connection they came on.
func outgoing(ctx context.Context, headers payload.Headers) context.Context {
	sent := make(metadata.MD, len(headers))
	for key, values := range headers {
		key = strings.ToLower(key)
		if strings.HasPrefix(key, ":") || (strings.HasPrefix(key, "grpc-") && key != "grpc-trace-bin") {
			continue
		}
		switch key {
		case "content-type", "user-agent", "te", "connection", "host", "content-length":
		default:
			sent[key] = values
		}
	}
	return metadata.NewOutgoingContext(ctx, sent)
}
