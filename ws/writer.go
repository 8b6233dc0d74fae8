package ws

import (
	"context"
	"io"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// fragmentSize is the size of a messageWriter's fragments, in bytes.
const fragmentSize = 16 << 10

// Writer returns a writer for one message of the given kind, Text or Binary. The
// message ends with the writer's Close. A message of up to 16 KiB is sent as one
// frame by Close. A longer message is sent in fragments while it is written; from the
// first fragment until Close, other data messages wait. Write and Close block and
// fail as Send with ctx does, so ctx must not end before Close. If the kind is wrong,
// Write and Close return an error. The writer is not safe for concurrent use.
//
// Close must be called. It sends what was written as the complete message, so do not
// call it, for example by defer, after an error that makes the message invalid,
// unless the session is to end. If Write or Close fails after a fragment has been
// sent, the message cannot be completed, and Close ends the session with
// CloseInternalError. A second Close returns an error.
func (s *Session) Writer(ctx context.Context, kind Kind) io.WriteCloser {
	return &messageWriter{session: s, ctx: ctx, kind: kind}
}

// messageWriter implements the writer that Session.Writer returns.
type messageWriter struct {
	session *Session
	ctx     context.Context
	kind    Kind
	buf     *buffer.Buffer
	message frame.Fragments // state of what has been sent
	closed  bool            // Close was called
	err     error           // of a Write
}

// Write buffers p. A fragment is sent when it is full and more data follows.
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

// Close sends the buffered data as the end of the message.
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
		_ = w.session.Close(CloseReason{Code: CloseInternalError, Description: "message could not be completed"})
	}
	return w.err
}

// send sends the buffered data.
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
	case w.session.transport == nil: // not from Handle or Dial
		return ErrClosed
	}
	if err := w.ctx.Err(); err != nil {
		return w.session.orEnd(err)
	}
	f := outbox.Frame{Data: data, Fin: last, Batch: w.session.batches()}
	if !w.message.Open() {
		f.Opcode = kinds[w.kind].opcode
	}
	next, err := w.message.Next(f.Opcode, last, data)
	if err != nil {
		return w.session.fragmentError(err)
	}
	if err := w.session.putCompressed(w.ctx, &f); err != nil {
		return err
	}
	w.message = next
	return nil
}
