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

// PreparedMessage is a message made ready once to be sent on many sessions, by
// SendPrepared: it is checked once, and compressed once for each way in which
// those sessions compress. It does not change, and any number of goroutines may
// send it at once.
type PreparedMessage struct {
	kind   Kind
	data   []byte
	packed atomic.Pointer[packed] // all there are, each with the next
}

// packed is a prepared message compressed in one way.
type packed struct {
	packing packing
	next    *packed
	once    sync.Once
	data    []byte // nil if it is not shorter
}

var errNotPrepared = errors.New("ws: message was not prepared")

// Prepare prepares a message of kind Text, which must be UTF-8, or Binary. It
// copies data, and compresses nothing before a session needs it.
func Prepare(kind Kind, data []byte) (*PreparedMessage, error) {
	switch {
	case kind != Text && kind != Binary:
		return nil, errKind(kind)
	case kind == Text && !utf8.Valid(data):
		return nil, errNotUTF8
	}
	return &PreparedMessage{kind: kind, data: bytes.Clone(data)}, nil
}

// SendPrepared sends a prepared message. It waits and fails as Send does.
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

// TrySendPrepared sends a prepared message as TrySend does: where SendPrepared
// would wait it returns ErrBufferFull and has sent nothing.
func (s *Session) TrySendPrepared(pm *PreparedMessage) error {
	var f outbox.Frame
	if err := s.framePrepared(&f, pm); err != nil {
		return err
	}
	return s.sent(s.out.TryPut((*outboxHost)(s), &f))
}

// framePrepared makes a frame of a prepared message.
func (s *Session) framePrepared(f *outbox.Frame, pm *PreparedMessage) error {
	switch {
	case pm == nil || pm.kind == 0:
		return errNotPrepared
	case s.transport == nil: // not from Handle
		return ErrClosed
	}
	f.Data, f.Opcode, f.Fin, f.Gather = pm.data, kinds[pm.kind].opcode, true, s.gathers()
	c := s.compression
	if c == nil || len(pm.data) < int(c.minSize) {
		return nil
	}
	switch data := pm.pack(c.packing); {
	case data == nil:
	case c.alone:
		f.Data, f.RSV1 = *data, true
	default:
		f.Compress, f.Packed = true, data // the context goes on
	}
	return nil
}

// pack returns the message compressed in the given way, nil if that does not
// make it shorter.
func (pm *PreparedMessage) pack(how packing) *[]byte {
	p := pm.find(how)
	p.once.Do(func() {
		if data, ok := how.append(nil, pm.data); ok {
			p.data = bytes.Clone(data) // without the room that was too much
		}
	})
	if p.data == nil {
		return nil
	}
	return &p.data
}

// find finds or makes the place for the message compressed in the given way.
func (pm *PreparedMessage) find(how packing) *packed {
	for {
		first := pm.packed.Load()
		for p := first; p != nil; p = p.next {
			if p.packing == how {
				return p
			}
		}
		p := &packed{packing: how, next: first}
		if pm.packed.CompareAndSwap(first, p) {
			return p
		}
	}
}
