package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// JSON is the Codec of the protocols over REST.
type JSON struct{ Protocol string }

var _ Codec = JSON{}

// Chain renames what the former unit's answer is called to what a request is called: `outputs` to `inputs` in V2,
// `predictions` to `instances` (and `outputs` to `inputs`) in TensorFlow's API. Messages of Seldon are both at once.
func (c JSON) Chain(message Message) (Message, error) {
	switch c.Protocol {
	case V2, KFServing:
		return rename(message, []string{"inputs"}, [][2]string{{"outputs", "inputs"}})
	case Tensorflow:
		return rename(message, []string{"instances", "inputs", "examples"},
			[][2]string{{"predictions", "instances"}, {"outputs", "inputs"}})
	}
	return message, nil
}

func rename(message Message, kept []string, changed [][2]string) (Message, error) {
	data, err := Plain(message)
	if err != nil {
		return message, err
	}
	// The JSON part; binary tensors follow it.
	length := len(data)
	if message.InferenceHeader != "" {
		if length, err = strconv.Atoi(message.InferenceHeader); err != nil || length < 0 || length > len(data) {
			return message, fmt.Errorf("the unit's %s is %q, of %d bytes", InferenceHeader, message.InferenceHeader, len(data))
		}
	}
	all, err := fields(data[:length])
	if err != nil {
		return message, err
	}
	for _, name := range kept {
		if _, found := get(all, name); found {
			return message, nil
		}
	}
	for _, pair := range changed {
		if one, found := get(all, pair[0]); found {
			message.Bytes = splice(data, one.nameStart, one.nameEnd, []byte(`"`+pair[1]+`"`))
			message.ContentEncoding = ""
			if message.InferenceHeader != "" {
				message.InferenceHeader = strconv.Itoa(length + len(message.Bytes) - len(data))
			}
			return message, nil
		}
	}
	return message, fmt.Errorf("the unit's answer cannot be the next one's request: it has no %q", changed[0][0])
}

// Route reads the branch from data.ndarray, data.tensor or data.tftensor, or from a plain list of numbers.
func (c JSON) Route(answer Message) (int, error) {
	data, err := Plain(answer)
	if err != nil {
		return 0, err
	}
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '[' {
		var routes []float64
		if err := json.Unmarshal(trimmed, &routes); err != nil || len(routes) == 0 {
			return 0, fmt.Errorf("the router's answer %s is no list of numbers", short(data))
		}
		return int(routes[0]), nil
	}
	var routed struct {
		Data *seldonData `json:"data"`
	}
	if err := json.Unmarshal(data, &routed); err != nil {
		return 0, fmt.Errorf("the router's answer %s is no message of Seldon: %w", short(data), err)
	}
	if routed.Data == nil {
		return -1, nil
	}
	tensor, err := routed.Data.tensor()
	if err != nil || len(tensor.Values) == 0 {
		return 0, fmt.Errorf("the router's answer %s names no branch", short(data))
	}
	return int(tensor.Values[0]), nil
}

// FeedbackRoute reads response.meta.routing.
func (c JSON) FeedbackRoute(feedback Message, unit string) int {
	var routed struct {
		Response struct {
			Meta struct {
				Routing map[string]int `json:"routing"`
			} `json:"meta"`
		} `json:"response"`
	}
	data, err := Plain(feedback)
	if err != nil || json.Unmarshal(data, &routed) != nil {
		return -1
	}
	if route, found := routed.Response.Meta.Routing[unit]; found {
		return route
	}
	return -1
}

// WithRouting puts routing into meta, where the answer has one.
func (c JSON) WithRouting(answer Message, routing map[string]int) (Message, error) {
	data, err := Plain(answer)
	if err != nil {
		return answer, err
	}
	all, err := fields(data)
	if err != nil {
		return answer, err
	}
	meta, found := get(all, "meta")
	if !found || data[meta.valueStart] != '{' {
		return answer, nil
	}
	inner, err := fields(data[meta.valueStart:meta.valueEnd])
	if err != nil {
		return answer, err
	}
	written, err := json.Marshal(routing)
	if err != nil {
		return answer, err
	}
	answer.ContentEncoding = ""
	if old, found := get(inner, "routing"); found {
		answer.Bytes = splice(data, meta.valueStart+old.valueStart, meta.valueStart+old.valueEnd, written)
		return answer, nil
	}
	entry := append([]byte(`"routing":`), written...)
	if len(inner) > 0 {
		entry = append(entry, ',')
	}
	answer.Bytes = splice(data, meta.valueStart+1, meta.valueStart+1, entry)
	return answer, nil
}

// short is what of a message stands in a sentence.
func short(data []byte) string {
	if len(data) > 100 {
		return string(data[:100]) + "…"
	}
	return string(data)
}
