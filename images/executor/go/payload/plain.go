package payload

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// MostInflated bounds what a compressed message may have in it, in bytes: a thousandth of that on the wire must not end
// the process for want of memory. Messages that are not compressed may be larger.
const MostInflated = 64 << 20

// Plain gives a message's bytes uncompressed.
func Plain(message Message) ([]byte, error) {
	if message.ContentEncoding != "gzip" {
		return message.Bytes, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(message.Bytes))
	if err != nil {
		return nil, fmt.Errorf("the message is not gzip: %w", err)
	}
	inflated, err := io.ReadAll(io.LimitReader(reader, MostInflated+1))
	if len(inflated) > MostInflated {
		return nil, fmt.Errorf("the compressed message has more than %d bytes in it", MostInflated)
	}
	return inflated, err
}
