package wsjson

import (
	"context"
	"errors"
	"sync"

	"github.com/handset-go/handset/ws"
)

// Send sends v as JSON in a text message. It blocks and fails as [ws.Session.Send] does.
// If v cannot be encoded, Send returns an [*Error], nothing has been sent, and the
// session continues. Send does not keep v. It is safe for concurrent use; v must not be
// modified before Send has returned.
func Send[T any](ctx context.Context, session *ws.Session, v T) error {
	return Format[T]{}.Send(ctx, session, v)
}

// TrySend is like Send but does not wait: if Send would wait, it returns
// ws.ErrBufferFull and sends nothing.
func TrySend[T any](session *ws.Session, v T) error {
	return Format[T]{}.TrySend(session, v)
}

// Prepare encodes v as JSON for any number of sessions. The message is sent by
// [ws.Session.SendPrepared] or [ws.Session.TrySendPrepared]. If v cannot be encoded,
// Prepare returns an [*Error].
func Prepare[T any](v T) (*ws.PreparedMessage, error) {
	return Format[T]{}.Prepare(v)
}

// Encode returns v as JSON in a text message that owns its data, for [ws.Session.Send]
// and for functions that take the kind and the data of a message. If v cannot be encoded,
// Encode returns an [*Error].
func Encode[T any](v T) (ws.Message, error) {
	return Format[T]{}.Encode(v)
}

// Send is like the function [Send].
func (f Format[T]) Send(ctx context.Context, session *ws.Session, v T) error {
	b := newBuffer()
	defer b.free()
	msg, err := f.encode(b, v)
	if err != nil {
		return err
	}
	return session.Send(ctx, msg)
}

// TrySend is like the function [TrySend].
func (f Format[T]) TrySend(session *ws.Session, v T) error {
	b := newBuffer()
	defer b.free()
	msg, err := f.encode(b, v)
	if err != nil {
		return err
	}
	return session.TrySend(msg)
}

// Prepare is like the function [Prepare].
func (f Format[T]) Prepare(v T) (*ws.PreparedMessage, error) {
	b := newBuffer()
	defer b.free()
	msg, err := f.encode(b, v)
	if err != nil {
		return nil, err
	}
	return ws.Prepare(msg.Kind, msg.Data)
}

// Encode is like the function [Encode].
func (f Format[T]) Encode(v T) (ws.Message, error) {
	b := newBuffer()
	defer b.free()
	msg, err := f.encode(b, v)
	return msg.Clone(), err
}

var errKind = errors.New("kind of the codec is neither Text nor Binary")

// encode encodes v into b. The message is valid until b is freed.
func (f Format[T]) encode(b *buffer, v T) (ws.Message, error) {
	codec := f.codecOrJSON()
	kind := codec.Kind()
	if kind != ws.Text && kind != ws.Binary { // a Close message would close the session
		return ws.Message{}, &Error{Kind: kind, Err: errKind}
	}
	data, err := codec.Append(b.bytes, v)
	if err != nil {
		return ws.Message{}, &Error{Kind: kind, Err: err}
	}
	b.bytes = data
	return ws.Message{Kind: kind, Data: data}, nil
}

// A buffer holds the encoding of a value while it is sent.
type buffer struct{ bytes []byte }

// maxPooled is the capacity above which a buffer is not used again, so that one large
// value does not keep its memory.
const maxPooled = 64 << 10

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 512)} }}

// newBuffer returns an empty buffer. free must be called afterwards.
func newBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) free() {
	if cap(b.bytes) <= maxPooled {
		b.bytes = b.bytes[:0]
		buffers.Put(b)
	}
}
