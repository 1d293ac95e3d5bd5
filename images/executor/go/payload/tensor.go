package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// seldonData is `data` of a message of Seldon.
type seldonData struct {
	Names  []string `json:"names,omitempty"`
	Tensor *struct {
		Shape  []int     `json:"shape"`
		Values []float64 `json:"values"`
	} `json:"tensor,omitempty"`
	Ndarray  json.RawMessage `json:"ndarray,omitempty"`
	Tftensor *tfTensor       `json:"tftensor,omitempty"`
}

// tfTensor is a TensorProto in JSON, with numbers in one of its lists. 64-bit numbers may stand in quotes.
type tfTensor struct {
	TensorShape struct {
		Dim []struct {
			Size json.Number `json:"size"`
		} `json:"dim"`
	} `json:"tensorShape"`
	DoubleVal []float64     `json:"doubleVal"`
	FloatVal  []float64     `json:"floatVal"`
	IntVal    []float64     `json:"intVal"`
	Int64Val  []json.Number `json:"int64Val"`
}

var errNoNumbers = errors.New("the message has no numbers in data.tensor, data.ndarray or data.tftensor")

func (d *seldonData) tensor() (Tensor, error) {
	switch {
	case d.Tensor != nil:
		return checked(Tensor{Names: d.Names, Shape: d.Tensor.Shape, Values: d.Tensor.Values})
	case d.Tftensor != nil:
		return d.Tftensor.tensor(d.Names)
	case d.Ndarray != nil:
		var nested any
		if err := json.Unmarshal(d.Ndarray, &nested); err != nil {
			return Tensor{}, err
		}
		tensor := Tensor{Names: d.Names}
		err := tensor.flatten(nested, 0)
		return tensor, err
	}
	return Tensor{}, errNoNumbers
}

func checked(tensor Tensor) (Tensor, error) {
	size := 1
	for _, length := range tensor.Shape {
		size *= length
	}
	if len(tensor.Shape) == 0 {
		tensor.Shape = []int{len(tensor.Values)}
	} else if size != len(tensor.Values) {
		return tensor, fmt.Errorf("a tensor of shape %v has %d values", tensor.Shape, len(tensor.Values))
	}
	return tensor, nil
}

func (t *tfTensor) tensor(names []string) (Tensor, error) {
	tensor := Tensor{Names: names}
	for _, dim := range t.TensorShape.Dim {
		size, err := dim.Size.Int64()
		if err != nil {
			return tensor, err
		}
		tensor.Shape = append(tensor.Shape, int(size))
	}
	for _, list := range [][]float64{t.DoubleVal, t.FloatVal, t.IntVal} {
		if len(list) > 0 {
			tensor.Values = list
		}
	}
	for _, number := range t.Int64Val {
		value, err := number.Float64()
		if err != nil {
			return tensor, err
		}
		tensor.Values = append(tensor.Values, value)
	}
	if len(tensor.Values) == 0 {
		return tensor, errNoNumbers
	}
	return checked(tensor)
}

// flatten adds nested lists of numbers to the tensor, whose lists of one depth are equally long.
func (t *Tensor) flatten(nested any, depth int) error {
	switch found := nested.(type) {
	case float64:
		if depth != len(t.Shape) {
			return errors.New("the lists of data.ndarray are not equally deep")
		}
		t.Values = append(t.Values, found)
		return nil
	case []any:
		if depth == len(t.Shape) {
			if len(t.Values) > 0 {
				return errors.New("the lists of data.ndarray are not equally deep")
			}
			t.Shape = append(t.Shape, len(found))
		}
		if t.Shape[depth] != len(found) {
			return errors.New("the lists of data.ndarray are not equally long")
		}
		for _, one := range found {
			if err := t.flatten(one, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("data.ndarray holds %v, which is no number", nested)
}

// nest is the reverse of flatten.
func nest(shape []int, values []float64) any {
	if len(shape) <= 1 {
		return values
	}
	rows := make([]any, shape[0])
	for i := range rows {
		size := len(values) / shape[0]
		rows[i] = nest(shape[1:], values[i*size:(i+1)*size])
	}
	return rows
}

// seldonMessage is what FromTensor reads and writes of a message.
type seldonMessage struct {
	Data *seldonData                `json:"data,omitempty"`
	Meta map[string]json.RawMessage `json:"meta,omitempty"`
}

// Tensor reads `data` of a message of Seldon.
func (c JSON) Tensor(message Message) (Tensor, error) {
	decoded, err := decode(message)
	if err != nil {
		return Tensor{}, err
	}
	if decoded.Data == nil {
		return Tensor{}, errNoNumbers
	}
	return decoded.Data.tensor()
}

func decode(message Message) (*seldonMessage, error) {
	data, err := Plain(message)
	if err != nil {
		return nil, err
	}
	decoded := &seldonMessage{}
	if len(bytes.TrimSpace(data)) == 0 {
		return decoded, nil
	}
	if err := json.Unmarshal(data, decoded); err != nil {
		return nil, fmt.Errorf("the message is no JSON of Seldon: %w", err)
	}
	return decoded, nil
}

// FromTensor writes a message of Seldon.
func (c JSON) FromTensor(tensor Tensor, like ...Message) (Message, error) {
	data := map[string]any{}
	meta := map[string]json.RawMessage{}
	for i, message := range like {
		decoded, err := decode(message)
		if err != nil {
			continue // what is not JSON (a form) has no meta to keep
		}
		if i == 0 && decoded.Data != nil && decoded.Data.Ndarray != nil {
			data["ndarray"] = nest(tensor.Shape, tensor.Values)
		}
		if err := mergeMeta(meta, decoded.Meta); err != nil {
			return Message{}, err
		}
	}
	if len(tensor.Names) > 0 {
		data["names"] = tensor.Names
	}
	if data["ndarray"] == nil {
		data["tensor"] = map[string]any{"shape": tensor.Shape, "values": tensor.Values}
	}
	written, err := json.Marshal(map[string]any{"data": data, "meta": meta})
	return Message{Bytes: written, ContentType: "application/json", Answer: true}, err
}

// mergeMeta puts a message's meta into another's.
func mergeMeta(into, from map[string]json.RawMessage) error {
	for key, found := range from {
		merged, err := mergeField(key, into[key], found)
		if err != nil {
			return fmt.Errorf("meta.%s: %w", key, err)
		}
		into[key] = merged
	}
	return nil
}

func mergeField(key string, had, found json.RawMessage) (json.RawMessage, error) {
	switch {
	case had == nil:
		return found, nil
	case key == "metrics":
		var first, second []json.RawMessage
		if err := errors.Join(json.Unmarshal(had, &first), json.Unmarshal(found, &second)); err != nil {
			return nil, err
		}
		return json.Marshal(append(first, second...))
	case key == "tags" || key == "requestPath" || key == "routing":
		merged := map[string]json.RawMessage{}
		if err := errors.Join(json.Unmarshal(had, &merged), json.Unmarshal(found, &merged)); err != nil {
			return nil, err
		}
		return json.Marshal(merged)
	}
	return had, nil
}
