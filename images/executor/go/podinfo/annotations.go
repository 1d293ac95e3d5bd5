// Package podinfo reads the Pod's annotations, from the file that the kubelet writes.
package podinfo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// The annotations that the program follows.
const (
	RESTTimeout    = "seldon.io/rest-timeout"          // milliseconds
	GRPCTimeout    = "seldon.io/grpc-timeout"          // milliseconds
	GRPCMaxMessage = "seldon.io/grpc-max-message-size" // bytes
)

// Annotations are the Pod's.
type Annotations map[string]string

// Read reads a file of lines `name="value"`, where the value is quoted as in Go. A file that is not there has none.
func Read(file string) (Annotations, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Annotations{}, nil
	}
	if err != nil {
		return nil, err
	}
	found := Annotations{}
	for line := range strings.SplitSeq(string(text), "\n") {
		if line == "" {
			continue
		}
		name, quoted, is := strings.Cut(line, "=")
		if !is {
			return nil, fmt.Errorf("%s has a line that is no annotation: %q", file, line)
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			value = strings.Trim(quoted, `"`)
		}
		found[strings.Trim(name, `"`)] = value
	}
	return found, nil
}

// Milliseconds gives an annotation's duration; 0 where it is not set or not above 0.
func (a Annotations) Milliseconds(name string) (time.Duration, error) {
	number, err := a.Int(name)
	return time.Duration(max(number, 0)) * time.Millisecond, err
}

// Int gives an annotation's whole number; 0 where it is not set.
func (a Annotations) Int(name string) (int, error) {
	text := a[name]
	if text == "" {
		return 0, nil
	}
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("the annotation %s is %q, not a whole number", name, text)
	}
	return int(number), nil
}
