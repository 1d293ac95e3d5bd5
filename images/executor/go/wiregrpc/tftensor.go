package wiregrpc

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"slipway.dev/executor/proto/tensorflow"
)

// mostFilled bounds the values that one value stands for: a few bytes must not become gigabytes.
const mostFilled = 1 << 22

// numbers reads the values of a TensorProto: of the list that fits its type, or of tensor_content. One value in a list
// stands for as many as the shape has.
func numbers(tensor *tensorflow.TensorProto) ([]float64, error) {
	size := 1
	for _, dimension := range tensor.GetTensorShape().GetDim() {
		if dimension.GetSize() < 0 {
			return nil, fmt.Errorf("data.tftensor has a dimension of %d", dimension.GetSize())
		}
		size *= int(dimension.GetSize())
	}
	if content := tensor.GetTensorContent(); len(content) > 0 {
		return fromContent(tensor.GetDtype(), content)
	}
	var values []float64
	switch tensor.GetDtype() {
	case tensorflow.DataType_DT_FLOAT:
		values = floats(tensor.GetFloatVal())
	case tensorflow.DataType_DT_DOUBLE:
		values = floats(tensor.GetDoubleVal())
	case tensorflow.DataType_DT_INT32, tensorflow.DataType_DT_INT16, tensorflow.DataType_DT_INT8,
		tensorflow.DataType_DT_UINT8, tensorflow.DataType_DT_UINT16:
		values = floats(tensor.GetIntVal())
	case tensorflow.DataType_DT_INT64:
		values = floats(tensor.GetInt64Val())
	case tensorflow.DataType_DT_UINT32:
		values = floats(tensor.GetUint32Val())
	case tensorflow.DataType_DT_UINT64:
		values = floats(tensor.GetUint64Val())
	case tensorflow.DataType_DT_INVALID: // upstream's routers answer with int_val and no type
		values = floats(tensor.GetIntVal())
		if len(values) > 0 {
			return values, nil
		}
		fallthrough
	default:
		return nil, fmt.Errorf("data.tftensor of type %s has no numbers", tensor.GetDtype())
	}
	if len(values) == 1 && size > 1 && size <= mostFilled {
		filled := make([]float64, size)
		for i := range filled {
			filled[i] = values[0]
		}
		return filled, nil
	}
	return values, nil
}

type number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

func floats[N number](list []N) []float64 {
	values := make([]float64, len(list))
	for i, value := range list {
		values[i] = float64(value)
	}
	return values
}

func fromContent(kind tensorflow.DataType, content []byte) ([]float64, error) {
	switch kind {
	case tensorflow.DataType_DT_FLOAT:
		return read[float32](content, 4)
	case tensorflow.DataType_DT_DOUBLE:
		return read[float64](content, 8)
	case tensorflow.DataType_DT_INT8:
		return read[int8](content, 1)
	case tensorflow.DataType_DT_UINT8:
		return read[uint8](content, 1)
	case tensorflow.DataType_DT_INT16:
		return read[int16](content, 2)
	case tensorflow.DataType_DT_UINT16:
		return read[uint16](content, 2)
	case tensorflow.DataType_DT_INT32:
		return read[int32](content, 4)
	case tensorflow.DataType_DT_UINT32:
		return read[uint32](content, 4)
	case tensorflow.DataType_DT_INT64:
		return read[int64](content, 8)
	case tensorflow.DataType_DT_UINT64:
		return read[uint64](content, 8)
	}
	return nil, fmt.Errorf("data.tftensor of type %s has no numbers", kind)
}

func read[N number](content []byte, width int) ([]float64, error) {
	list := make([]N, len(content)/width)
	if len(content)%width != 0 {
		return nil, fmt.Errorf("data.tftensor: %d bytes are no whole number of values of %d bytes", len(content), width)
	}
	if err := binary.Read(bytes.NewReader(content), binary.LittleEndian, list); err != nil {
		return nil, err
	}
	return floats(list), nil
}
