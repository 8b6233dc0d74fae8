package codecs

import (
	"github.com/handset-go/handset/ws"
	"google.golang.org/protobuf/proto"
)

// Protobuf is the codec of protocol buffers, in binary messages. T is the pointer type of
// a generated message, such as *structpb.Value, and not an interface.
//
// A message does not say which type it has. If data of one type is decoded as another,
// the fields that do not fit become unknown fields, without an error. To send messages of
// several types, use a message with a oneof.
type Protobuf[T proto.Message] struct{}

// Kind returns ws.Binary.
func (Protobuf[T]) Kind() ws.Kind { return ws.Binary }

// Append appends the encoding of v to b. It is an error if a required field is not set.
func (Protobuf[T]) Append(b []byte, v T) ([]byte, error) {
	return proto.MarshalOptions{}.MarshalAppend(b, v)
}

// Unmarshal decodes data. An empty message is a message without fields, not an error.
func (Protobuf[T]) Unmarshal(data []byte) (T, error) {
	var none T // a nil pointer, which knows its type
	v := none.ProtoReflect().New().Interface().(T)
	return v, proto.Unmarshal(data, v)
}
