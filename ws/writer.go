package ws

import (
	"context"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// fragmentSize is how much a Writer gathers before it sends a fragment.
const fragmentSize = 16 << 10

// messageWriter is a message that is being written.
type messageWriter struct {
	session *Session
	ctx     context.Context
	kind    Kind
	owner   *outbox.Owner // apart, since the outbox keeps it, and must not refer to the session
	buf     *buffer.Buffer
	begun   bool  // a fragment has been sent
	closed  bool  // Close was called
	err     error // of a Write
}

// Write gathers p, sending fragments as they fill.
func (w *messageWriter) Write(p []byte) (int, error) {
	switch {
	case w.closed:
		return 0, errWriterClosed
	case w.kind != Text && w.kind != Binary:
		return 0, errKind(w.kind)
	}
	n := 0
	for n < len(p) && w.err == nil {
		if w.buf == nil {
			w.buf = buffer.Get(fragmentSize)
		}
		k := min(len(p)-n, fragmentSize-len(w.buf.Bytes))
		w.buf.Bytes = append(w.buf.Bytes, p[n:n+k]...)
		n += k
		if n < len(p) {
			w.err = w.send(false)
		}
	}
	if w.err != nil {
		return 0, w.err
	}
	return n, nil
}

// Close sends what is left as the message's end.
func (w *messageWriter) Close() error {
	if w.closed {
		return errWriterClosed
	}
	w.closed = true
	switch {
	case w.err != nil:
	case w.kind != Text && w.kind != Binary:
		w.err = errKind(w.kind)
	default:
		w.err = w.send(true)
	}
	w.buf.Free()
	w.buf = nil
	if w.err != nil && w.begun {
		_ = w.session.Close(CloseReason{Code: CloseInternalError, Description: "message could not be finished"})
	}
	return w.err
}

func (w *messageWriter) send(last bool) error {
	err := w.sendFrame(last)
	if err == nil && w.buf != nil {
		w.begun = true
		w.buf.Bytes = w.buf.Bytes[:0]
	}
	return err
}

func (w *messageWriter) sendFrame(last bool) error {
	var data []byte
	if w.buf != nil {
		data = w.buf.Bytes
	}
	if last && !w.begun {
		return w.session.Send(w.ctx, Message{Kind: w.kind, Data: data})
	}
	switch {
	case w.ctx == nil:
		return errNilContext
	case w.session.transport == nil: // not from Handle
		return ErrClosed
	}
	if err := w.ctx.Err(); err != nil {
		return w.session.orEnd(err)
	}
	if w.owner == nil {
		w.owner = new(outbox.Owner)
	}
	f := outbox.Frame{Data: data, Owner: w.owner, Fin: last, Gather: w.session.gathers()}
	if !w.begun {
		f.Opcode = frame.Text
		if w.kind == Binary {
			f.Opcode = frame.Binary
		}
	}
	return w.session.putPacked(w.ctx, &f)
}
