// Package wiregrpc speaks gRPC with callers and with units, in the protocols seldon, v2 and tensorflow.
//
// Messages pass through undecoded: payload.Message has the protobuf bytes in Bytes and their Kind in Proto. Only what
// has to look inside (a router's answer, a chain's next request) decodes them, or reads the wire's fields in place.
package wiregrpc

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"slipway.dev/executor/payload"
)

// ContentType is the content type of every Message of this package.
const ContentType = "application/protobuf"

// Kind is the full name of the protobuf message that Bytes are.
type Kind string

// The kinds of messages.
const (
	SeldonMessage   Kind = "seldon.protos.SeldonMessage"
	Feedback        Kind = "seldon.protos.Feedback"
	SeldonMetadata  Kind = "seldon.protos.SeldonModelMetadata"
	InferRequest    Kind = "inference.ModelInferRequest"
	InferResponse   Kind = "inference.ModelInferResponse"
	PredictRequest  Kind = "tensorflow.serving.PredictRequest"
	PredictResponse Kind = "tensorflow.serving.PredictResponse"
	ClassifyRequest Kind = "tensorflow.serving.ClassificationRequest"
	RegressRequest  Kind = "tensorflow.serving.RegressionRequest"
	MultiRequest    Kind = "tensorflow.serving.MultiInferenceRequest"
	// other is an answer that goes to the caller as it is.
	other Kind = ""
)

// frame is a message on its way through gRPC, undecoded.
type frame struct{ bytes []byte }

func message(kind Kind, bytes []byte) payload.Message {
	return payload.Message{Bytes: bytes, ContentType: ContentType, Proto: kind}
}

// answer is a message that a unit made.
func answer(kind Kind, bytes []byte) payload.Message {
	made := message(kind, bytes)
	made.Answer = true
	return made
}

func kindOf(message payload.Message) Kind {
	kind, _ := message.Proto.(Kind)
	return kind
}

// encoded makes an answer of a decoded one.
func encoded(kind Kind, decoded proto.Message) (payload.Message, error) {
	bytes, err := proto.Marshal(decoded)
	return answer(kind, bytes), err
}

// frames is gRPC's codec for frames; any other message is decoded as usual (health and reflection are).
type frames struct{ encoding.CodecV2 }

func newFrames() frames { return frames{encoding.GetCodecV2("proto")} }

func (f frames) Marshal(value any) (mem.BufferSlice, error) {
	if raw, ok := value.(*frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(raw.bytes)}, nil
	}
	return f.CodecV2.Marshal(value)
}

func (f frames) Unmarshal(data mem.BufferSlice, value any) error {
	if raw, ok := value.(*frame); ok {
		raw.bytes = data.Materialize()
		return nil
	}
	return f.CodecV2.Unmarshal(data, value)
}

// decode reads a Message's bytes into a decoded one.
func decode(message payload.Message, into proto.Message) error {
	if err := proto.Unmarshal(message.Bytes, into); err != nil {
		return fmt.Errorf("not a %s: %w", into.ProtoReflect().Descriptor().FullName(), err)
	}
	return nil
}
