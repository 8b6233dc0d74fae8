package ws

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/outbox"
)

// A PreparedMessage is a message to be sent on many sessions by SendPrepared or
// TrySendPrepared. It is validated once, and compressed once for each set of
// compression parameters that these sessions have. It is immutable and safe for
// concurrent use.
type PreparedMessage struct {
	kind       Kind
	data       []byte
	compressed atomic.Pointer[compressedData] // a linked list
}

// compressedData is the compressed form of a prepared message.
type compressedData struct {
	settings deflateSettings
	next     *compressedData
	once     sync.Once
	data     []byte // nil if it is not shorter
}

var errNotPrepared = errors.New("ws: message was not prepared")

// Prepare returns a prepared message of kind Text, whose data must be UTF-8, or
// Binary. It copies data. The message is compressed when it is first sent on a
// session that needs it compressed.
func Prepare(kind Kind, data []byte) (*PreparedMessage, error) {
	switch {
	case kind != Text && kind != Binary:
		return nil, errKind(kind)
	case kind == Text && !utf8.Valid(data):
		return nil, errNotUTF8
	}
	return &PreparedMessage{kind: kind, data: bytes.Clone(data)}, nil
}

// SendPrepared sends a prepared message. It blocks and fails as Send does.
func (s *Session) SendPrepared(ctx context.Context, pm *PreparedMessage) error {
	if ctx == nil {
		return errNilContext
	}
	if err := ctx.Err(); err != nil {
		return s.orEnd(err)
	}
	var f outbox.Frame
	if err := s.framePrepared(&f, pm); err != nil {
		return err
	}
	return s.putTraced(ctx, &f)
}

// TrySendPrepared is like SendPrepared but does not wait: if SendPrepared would
// wait, it returns ErrBufferFull and sends nothing.
func (s *Session) TrySendPrepared(pm *PreparedMessage) error {
	var f outbox.Frame
	if err := s.framePrepared(&f, pm); err != nil {
		return err
	}
	return s.sendError(s.out.TryPut((*outboxCallbacks)(s), &f))
}

// framePrepared sets f to the frame of a prepared message.
func (s *Session) framePrepared(f *outbox.Frame, pm *PreparedMessage) error {
	switch {
	case pm == nil || pm.kind == 0:
		return errNotPrepared
	case s.transport == nil: // not from Handle or Dial
		return ErrClosed
	}
	f.Data, f.Opcode, f.Fin, f.Batch = pm.data, kinds[pm.kind].opcode, true, s.batches()
	c := s.compression
	if c == nil || len(pm.data) < int(c.minSize) {
		return nil
	}
	switch data := pm.compress(c.settings); {
	case data == nil:
	case c.noTakeover:
		f.Data, f.RSV1 = *data, true
	default:
		f.Compress, f.Compressed = true, data // later messages may refer to this one
	}
	return nil
}

// compress returns the compressed form of the message for the given settings, or nil
// if that is not shorter.
func (pm *PreparedMessage) compress(settings deflateSettings) *[]byte {
	c := pm.find(settings)
	c.once.Do(func() {
		if data, ok := settings.append(nil, pm.data); ok {
			c.data = bytes.Clone(data) // without spare capacity
		}
	})
	if c.data == nil {
		return nil
	}
	return &c.data
}

// find returns the element of the list for the given settings. It adds one if there
// is none.
func (pm *PreparedMessage) find(settings deflateSettings) *compressedData {
	for {
		first := pm.compressed.Load()
		for c := first; c != nil; c = c.next {
			if c.settings == settings {
				return c
			}
		}
		c := &compressedData{settings: settings, next: first}
		if pm.compressed.CompareAndSwap(first, c) {
			return c
		}
	}
}
