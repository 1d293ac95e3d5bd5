package wiregrpc

import (
	"context"

	"google.golang.org/protobuf/proto"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
)

type askedKey struct{}

// withAsked keeps the caller's own request for status or metadata, which has more in it than the unit's name
// (a version, the fields that are wanted).
func withAsked(ctx context.Context, request []byte) context.Context {
	return context.WithValue(ctx, askedKey{}, request)
}

func asked(ctx context.Context) []byte {
	request, _ := ctx.Value(askedKey{}).([]byte)
	return request
}

// about asks a unit of itself, with the caller's own request where there is one.
func (u *Units) about(
	ctx context.Context, call client.Call, method string, otherwise proto.Message,
) (payload.Message, error) {
	request := asked(ctx)
	if request == nil {
		var err error
		if request, err = proto.Marshal(otherwise); err != nil {
			return payload.Message{}, err
		}
	}
	received, err := u.invoke(ctx, call, method, request)
	return answer(other, received), err
}
