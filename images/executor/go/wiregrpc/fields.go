package wiregrpc

import "google.golang.org/protobuf/encoding/protowire"

// field gives the last value of a length-delimited field at the top of an encoded message; nil where it is not there.
func field(bytes []byte, number protowire.Number) []byte {
	var found []byte
	_ = each(bytes, func(at protowire.Number, kind protowire.Type, value []byte) {
		if at == number && kind == protowire.BytesType {
			found, _ = protowire.ConsumeBytes(value)
		}
	})
	return found
}

// renumbered copies the fields that numbers names, with the numbers it gives them, and leaves out all others.
func renumbered(bytes []byte, numbers map[protowire.Number]protowire.Number) ([]byte, error) {
	made := make([]byte, 0, len(bytes)+8)
	err := each(bytes, func(at protowire.Number, kind protowire.Type, value []byte) {
		if number, ok := numbers[at]; ok {
			made = append(protowire.AppendTag(made, number, kind), value...)
		}
	})
	return made, err
}

// withField gives a copy of an encoded message with one more length-delimited field.
func withField(bytes []byte, number protowire.Number, value []byte) []byte {
	made := make([]byte, 0, len(bytes)+len(value)+12)
	made = protowire.AppendBytes(protowire.AppendTag(made, number, protowire.BytesType), value)
	return append(made, bytes...)
}

// each visits the fields at the top of an encoded message, each value without its tag.
func each(bytes []byte, visit func(number protowire.Number, kind protowire.Type, value []byte)) error {
	for len(bytes) > 0 {
		number, kind, tag := protowire.ConsumeTag(bytes)
		if tag < 0 {
			return protowire.ParseError(tag)
		}
		length := protowire.ConsumeFieldValue(number, kind, bytes[tag:])
		if length < 0 {
			return protowire.ParseError(length)
		}
		visit(number, kind, bytes[tag:tag+length])
		bytes = bytes[tag+length:]
	}
	return nil
}
