package wiregrpc

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"

	"slipway.dev/executor/payload"
	seldon "slipway.dev/executor/proto/seldon"
)

var errNoNumbers = errors.New("the message has no numbers in data.tensor, data.ndarray or data.tftensor")

var errMixed = errors.New("data.ndarray has numbers beside lists")

// dataTensor reads the numbers of DefaultData, whatever its form.
func dataTensor(data *seldon.DefaultData) (payload.Tensor, error) {
	tensor := payload.Tensor{Names: data.GetNames()}
	switch form := data.GetDataOneof().(type) {
	case *seldon.DefaultData_Tensor:
		for _, length := range form.Tensor.GetShape() {
			tensor.Shape = append(tensor.Shape, int(length))
		}
		tensor.Values = form.Tensor.GetValues()
	case *seldon.DefaultData_Ndarray:
		err := flatten(&tensor, form.Ndarray, 0)
		return tensor, err
	case *seldon.DefaultData_Tftensor:
		for _, dimension := range form.Tftensor.GetTensorShape().GetDim() {
			tensor.Shape = append(tensor.Shape, int(dimension.GetSize()))
		}
		var err error
		if tensor.Values, err = numbers(form.Tftensor); err != nil {
			return tensor, err
		}
	default:
		return tensor, errNoNumbers
	}
	if len(tensor.Shape) == 0 {
		tensor.Shape = []int{len(tensor.Values)}
	}
	if size := product(tensor.Shape); size != len(tensor.Values) {
		return tensor, fmt.Errorf("shape %v has %d numbers, the message %d", tensor.Shape, size, len(tensor.Values))
	}
	return tensor, nil
}

func product(shape []int) int {
	size := 1
	for _, length := range shape {
		size *= length
	}
	return size
}

// flatten appends the numbers of nested lists; all lists of one depth are of one length.
func flatten(tensor *payload.Tensor, list *structpb.ListValue, depth int) error {
	values := list.GetValues()
	switch {
	case depth == len(tensor.Shape):
		tensor.Shape = append(tensor.Shape, len(values))
	case tensor.Shape[depth] != len(values):
		return fmt.Errorf("data.ndarray is ragged: lists of %d and of %d", tensor.Shape[depth], len(values))
	}
	for _, value := range values {
		switch kind := value.GetKind().(type) {
		case *structpb.Value_ListValue:
			if depth+1 == len(tensor.Shape) && len(tensor.Values) > 0 {
				return errMixed
			}
			if err := flatten(tensor, kind.ListValue, depth+1); err != nil {
				return err
			}
		case *structpb.Value_NumberValue:
			if depth+1 != len(tensor.Shape) {
				return errMixed
			}
			tensor.Values = append(tensor.Values, kind.NumberValue)
		default:
			return errNoNumbers
		}
	}
	return nil
}

// tensorData writes numbers as nested lists or as a tensor.
func tensorData(tensor payload.Tensor, nested bool) (*seldon.DefaultData, error) {
	data := &seldon.DefaultData{Names: tensor.Names}
	if nested && len(tensor.Shape) > 0 {
		if product(tensor.Shape) != len(tensor.Values) {
			return nil, fmt.Errorf("shape %v does not fit %d numbers", tensor.Shape, len(tensor.Values))
		}
		data.DataOneof = &seldon.DefaultData_Ndarray{Ndarray: nest(tensor.Shape, tensor.Values)}
		return data, nil
	}
	shape := make([]int32, len(tensor.Shape))
	for i, length := range tensor.Shape {
		shape[i] = int32(length)
	}
	data.DataOneof = &seldon.DefaultData_Tensor{Tensor: &seldon.Tensor{Shape: shape, Values: slices.Clone(tensor.Values)}}
	return data, nil
}

func nest(shape []int, values []float64) *structpb.ListValue {
	list := &structpb.ListValue{Values: make([]*structpb.Value, shape[0])}
	for i := range list.Values {
		if len(shape) == 1 {
			list.Values[i] = structpb.NewNumberValue(values[i])
			continue
		}
		each := len(values) / shape[0]
		list.Values[i] = structpb.NewListValue(nest(shape[1:], values[i*each:(i+1)*each]))
	}
	return list
}
