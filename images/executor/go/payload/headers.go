package payload

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

// On says whether a header is there and one of its values is true, on or 1.
func (h Headers) On(name string) bool {
	return slices.ContainsFunc(h[name], func(value string) bool {
		return slices.Contains([]string{"true", "on", "1"}, strings.ToLower(value))
	})
}

// NewPUID makes a request's id, a random UUID.
func NewPUID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
