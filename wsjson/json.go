package wsjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/handset-go/handset/ws"
)

// JSON is the codec of package encoding/json, in text messages. The zero value encodes
// as json.Marshal does, and decodes as json.Unmarshal does: unknown fields are
// ignored, members with the same name are no error, and null leaves a value zero.
// Anything but white space after the value is an error. The fields make the decoding
// stricter, which costs time and allocations.
type JSON[T any] struct {
	// DisallowUnknownFields makes it an error if an object has a member for which the
	// struct has no field.
	DisallowUnknownFields bool
	// DisallowDuplicateNames makes it an error if two members of an object, at any
	// depth, have exactly the same name. (RFC 8259 §4 leaves their meaning open.) As
	// json.Unmarshal ignores case, members whose names differ in case may still set the
	// same field of a struct.
	DisallowDuplicateNames bool
}

// Kind returns ws.Text.
func (JSON[T]) Kind() ws.Kind { return ws.Text }

// Append appends the JSON of v, as json.Marshal returns it, to b.
func (JSON[T]) Append(b []byte, v T) ([]byte, error) {
	e := encoders.Get().(*encoder)
	e.out = b
	err := e.Encode(v)
	out := e.out
	e.out = nil
	encoders.Put(e)
	if err != nil {
		return b, err
	}
	return out[:len(out)-1], nil // without the newline
}

// Unmarshal decodes data. The value does not refer to data, unless it has a method
// UnmarshalJSON that keeps its argument, which [json.Unmarshaler] forbids.
func (c JSON[T]) Unmarshal(data []byte) (v T, err error) {
	if c.DisallowUnknownFields {
		err = unmarshalKnown(data, &v)
	} else {
		err = json.Unmarshal(data, &v)
	}
	if err == nil && c.DisallowDuplicateNames {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber() // a large number is no error here
		err = uniqueNames(d)
	}
	return v, err
}

// unmarshalKnown is json.Unmarshal without unknown fields.
func unmarshalKnown(data []byte, v any) error {
	if !json.Valid(data) { // a Decoder would accept what follows the value
		return json.Unmarshal(data, v)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// uniqueNames reads a value from d. It returns an error if a name occurs twice in one
// object. The value is valid JSON, and no deeper than json.Unmarshal allows.
func uniqueNames(d *json.Decoder) error {
	token, err := d.Token()
	open, ok := token.(json.Delim)
	if err != nil || !ok {
		return err
	}
	names := map[string]bool{}
	for d.More() {
		if open == '{' {
			token, _ := d.Token()
			name, _ := token.(string)
			if names[name] {
				return fmt.Errorf("duplicate name %q", name)
			}
			names[name] = true
		}
		if err := uniqueNames(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing delimiter
	return err
}

// An encoder appends JSON to out. It is pooled, because json.Marshal and
// json.NewEncoder allocate for every value.
type encoder struct {
	*json.Encoder
	out []byte
}

func (e *encoder) Write(p []byte) (int, error) {
	e.out = append(e.out, p...)
	return len(p), nil
}

var encoders = sync.Pool{New: func() any {
	e := new(encoder)
	e.Encoder = json.NewEncoder(e)
	return e
}}
