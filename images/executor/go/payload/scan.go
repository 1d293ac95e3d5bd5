package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// field is a field of a JSON object: where its name (with quotes) and its value stand.
type field struct {
	name                 string
	nameStart, nameEnd   int
	valueStart, valueEnd int
}

var errNotObject = errors.New("the message is not a JSON object")

// fields finds the fields of the JSON object in data without decoding their values.
func fields(data []byte) ([]field, error) {
	at := space(data, 0)
	if at >= len(data) || data[at] != '{' {
		return nil, errNotObject
	}
	var found []field
	at = space(data, at+1)
	if at < len(data) && data[at] == '}' {
		return found, nil
	}
	for at < len(data) {
		start := at
		end := text(data, at)
		if end < 0 {
			break
		}
		one := field{nameStart: start, nameEnd: end}
		if err := json.Unmarshal(data[start:end], &one.name); err != nil {
			return nil, err
		}
		if at = space(data, end); at >= len(data) || data[at] != ':' {
			break
		}
		one.valueStart = space(data, at+1)
		if one.valueEnd = value(data, one.valueStart); one.valueEnd < 0 {
			break
		}
		found = append(found, one)
		if at = space(data, one.valueEnd); at >= len(data) {
			break
		}
		if data[at] == '}' {
			return found, nil
		}
		if data[at] != ',' {
			break
		}
		at = space(data, at+1)
	}
	return nil, fmt.Errorf("the message is not JSON: it breaks off or goes wrong at byte %d", min(at, len(data)))
}

// get gives the field of that name; the last one, as JSON's decoders do.
func get(all []field, name string) (field, bool) {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].name == name {
			return all[i], true
		}
	}
	return field{}, false
}

func space(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r') {
		at++
	}
	return at
}

// text gives the end of the string that begins at at; -1 where there is none.
func text(data []byte, at int) int {
	if at >= len(data) || data[at] != '"' {
		return -1
	}
	for at++; at < len(data); {
		quote := bytes.IndexByte(data[at:], '"')
		if quote < 0 {
			return -1
		}
		slashes := 0
		for i := at + quote - 1; i >= at && data[i] == '\\'; i-- {
			slashes++
		}
		at += quote + 1
		if slashes%2 == 0 {
			return at
		}
	}
	return -1
}

// value gives the end of the value that begins at at; -1 where it breaks off. Brackets are counted, numbers not judged.
func value(data []byte, at int) int {
	depth := 0
	for at < len(data) {
		switch data[at] {
		case '"':
			if at = text(data, at); at < 0 {
				return -1
			}
			if depth == 0 {
				return at
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return at
			}
		}
		at++
	}
	return -1
}

// splice gives data with data[start:end] replaced.
func splice(data []byte, start, end int, by []byte) []byte {
	out := make([]byte, 0, len(data)-(end-start)+len(by))
	return append(append(append(out, data[:start]...), by...), data[end:]...)
}
