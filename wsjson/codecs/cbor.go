package codecs

import (
	"bytes"

	"github.com/fxamacker/cbor/v2"
	"github.com/handset-go/handset/ws"
)

// CBOR is the codec of RFC 8949, in binary messages. Structs are encoded as maps, with
// the names of the tags cbor or json. Duplicate keys of a map are an error, and so are
// arrays and maps of more than 131,072 elements or 32 levels.
type CBOR[T any] struct{}

// The options are constant and valid. By default, a time would lose its fraction of a second.
var (
	cborEncoding, _ = cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.UserBufferEncMode()
	cborDecoding, _ = cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode()
)

// Kind returns ws.Binary.
func (CBOR[T]) Kind() ws.Kind { return ws.Binary }

// Append appends the encoding of v to b.
func (CBOR[T]) Append(b []byte, v T) ([]byte, error) {
	buf := bytes.NewBuffer(b)
	err := cborEncoding.MarshalToBuffer(v, buf)
	return buf.Bytes(), err
}

// Unmarshal decodes data.
func (CBOR[T]) Unmarshal(data []byte) (v T, err error) {
	err = cborDecoding.Unmarshal(data, &v)
	return v, err
}
