package wsjson

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/handset-go/handset/ws"
)

// An Error is returned for a message that cannot be decoded or is too big, and for a
// value that cannot be encoded. The session and the stream continue.
type Error struct {
	// Kind is the kind of the message. It is 0 if the message is too big.
	Kind ws.Kind
	// Data is a copy of the first 128 bytes, at most, of a received message. It is nil if
	// the message is too big, and if a value cannot be encoded. The text of the error
	// does not contain it, because it may be secret, apart from what Err quotes.
	Data []byte
	// Size is the length of the received message in bytes.
	Size int
	// Err is the reason: the error of the codec, such as a *json.SyntaxError, or
	// ws.ErrMessageTooBig.
	Err error
}

// maxData is the length of Error.Data.
const maxData = 128

// Error returns the kind and size of a received message, and the reason. A reason of more
// than 300 characters, which may quote much of a message, is cut.
func (e *Error) Error() string {
	switch {
	case e.Kind == 0:
		return "wsjson: " + strings.TrimPrefix(fmt.Sprint(e.Err), "ws: ")
	case e.Data == nil:
		return fmt.Sprintf("wsjson: cannot encode value: %.300v", e.Err)
	}
	return fmt.Sprintf("wsjson: cannot decode %v message of %d bytes: %.300v", e.Kind, e.Size, e.Err)
}

// Unwrap returns Err. It returns nil if Err is, by errors.Is, an io.EOF or an
// io.ErrUnexpectedEOF, which some codecs return for data that ends too early: as errors of
// a receive, these mean that the stream has ended.
func (e *Error) Unwrap() error {
	if errors.Is(e.Err, io.EOF) || errors.Is(e.Err, io.ErrUnexpectedEOF) {
		return nil
	}
	return e.Err
}

// decodeError returns the error for a message that cannot be decoded.
func decodeError(msg ws.Message, err error) error {
	data := append([]byte{}, msg.Data[:min(len(msg.Data), maxData)]...) // not nil
	return &Error{Kind: msg.Kind, Data: data, Size: len(msg.Data), Err: err}
}

// streamError returns the error for a receive of the stream that has failed.
func streamError(err error) error {
	if err == ws.ErrMessageTooBig {
		return &Error{Err: err}
	}
	return err
}

// kindError is the reason for not decoding a message of another kind.
type kindError struct{ want ws.Kind }

func (e *kindError) Error() string { return fmt.Sprintf("want a %v message", e.want) }
