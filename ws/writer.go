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
	buf     *buffer.Buffer
	message frame.Fragments // as far as it has been sent
	closed  bool            // Close was called
	err     error           // of a Write
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
	if w.err != nil && w.message.Open() {
		_ = w.session.Close(CloseReason{Code: CloseInternalError, Description: "message could not be finished"})
	}
	return w.err
}

func (w *messageWriter) send(last bool) error {
	err := w.sendFrame(last)
	if err == nil && w.buf != nil {
		w.buf.Bytes = w.buf.Bytes[:0]
	}
	return err
}

func (w *messageWriter) sendFrame(last bool) error {
	var data []byte
	if w.buf != nil {
		data = w.buf.Bytes
	}
	if last && !w.message.Open() {
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
	f := outbox.Frame{Data: data, Fin: last, Batch: w.session.gathers()}
	if !w.message.Open() {
		f.Opcode = kinds[w.kind].opcode
	}
	next, err := w.message.Next(f.Opcode, last, data)
	if err != nil {
		return w.session.fragmentError(err)
	}
	if err := w.session.putPacked(w.ctx, &f); err != nil {
		return err
	}
	w.message = next
	return nil
}
