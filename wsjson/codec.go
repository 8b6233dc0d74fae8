package wsjson

import "github.com/handset-go/handset/ws"

// A Codec encodes values of type T as the data of messages, and decodes them. Its
// methods must be safe for concurrent use. An error that they return becomes the Err of
// an [*Error].
type Codec[T any] interface {
	// Kind returns the kind of the messages: ws.Text or ws.Binary. It always
	// returns the same. Messages of the other kind are not decoded.
	Kind() ws.Kind
	// Append appends the encoding of v to b and returns the extended slice. If the kind
	// is ws.Text, the encoding must be UTF-8. Append must not keep b.
	Append(b []byte, v T) ([]byte, error)
	// Unmarshal decodes data, which is one whole message. It must return an error if
	// anything follows the encoding. The value must not refer to data, because data is
	// valid only until the next receive, and Unmarshal must not modify data.
	Unmarshal(data []byte) (T, error)
}

// A Format sends and receives values of type T. Its methods do the same as the
// functions of the same names, with the codec of the Format. The zero value uses JSON.
// A Format is small, is passed by value, and is safe for concurrent use.
type Format[T any] struct {
	codec Codec[T] // nil for JSON
}

// With returns the Format that uses the codec. If codec is nil, the Format uses JSON.
func With[T any](codec Codec[T]) Format[T] { return Format[T]{codec} }

func (f Format[T]) codecOrJSON() Codec[T] {
	if f.codec == nil {
		return JSON[T]{}
	}
	return f.codec
}
