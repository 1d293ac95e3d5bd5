package wiregrpc

import (
	"fmt"
	"io"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"

	"slipway.dev/executor/payload"
)

func init() {
	encoding.RegisterCompressor(bounded{encoding.GetCompressor(gzip.Name)})
}

// bounded is gzip that gives up at payload.MostInflated: what callers send is not believed.
type bounded struct{ encoding.Compressor }

func (b bounded) Decompress(from io.Reader) (io.Reader, error) {
	inflated, err := b.Compressor.Decompress(from)
	if err != nil {
		return nil, err
	}
	return &counted{from: inflated, left: payload.MostInflated}, nil
}

type counted struct {
	from io.Reader
	left int
}

func (c *counted) Read(into []byte) (int, error) {
	read, err := c.from.Read(into)
	if c.left -= read; c.left < 0 {
		return 0, fmt.Errorf("a compressed message has more than %d bytes in it", payload.MostInflated)
	}
	return read, err
}
