package inflate

import (
	"errors"

	"github.com/handset-go/handset/internal/window"
)

// ErrData is returned for a message that is not valid DEFLATE data, or that
// refers to bytes before the window.
var ErrData = errors.New("inflate: invalid data")

// Progress says why Decode returned.
type Progress uint8

const (
	Starved Progress = iota // src is used up, and the message is not at its end
	Full                    // dst is full, and the message has more to put into it
	Done                    // the message is at its end
)

// A Decoder decodes the messages of one sender, one after the other, as they
// arrive. It never blocks. It must not be copied after first use, and is not safe
// for concurrent use.
//
// Between messages a Decoder with context takeover holds its window, and one
// without it holds no memory but its own 32 bytes. While a message is open, it
// also holds 7 KiB of state, and its window. Memory for the window grows with the
// bytes that were decoded. A message that is decoded by one call takes no memory
// for the window without takeover.
type Decoder struct {
	window   window.Window
	open     *state // the open message's, nil between messages
	takeover bool
	broken   bool
}

// New returns a Decoder for messages that refer up to windowSize bytes back.
// windowSize must be a power of two from 256 to 32,768. If takeover is true, a
// message may refer to the messages before it.
func New(windowSize int, takeover bool) Decoder {
	return Decoder{window: window.New(windowSize), takeover: takeover}
}

// Takeover reports whether a message may refer to the messages before it.
func (d *Decoder) Takeover() bool { return d.takeover }

// Decode decodes the next bytes of the message from src to dst, until src is used
// up, dst is full or the message is at its end. It returns the number of bytes
// written to dst and the number of bytes of src that it has read. The caller
// passes the others again, followed by more if it has more. If last is true, the
// message has no bytes after src; the caller passes true again until Decode
// returns Done. The next call after that begins the next message.
//
// The sender of a message has removed the last four bytes of the empty stored
// block that ends it, 00 00 ff ff. Decode supplies them when last is true. They
// need not be missing: a message may also end between two blocks, or with a final
// block. After a final block another stream may begin, on the next byte (RFC 7692
// §7.2.3.4).
//
// Decode keeps no reference to src and dst. The only error is ErrData. After an
// error every call returns it again.
func (d *Decoder) Decode(dst, src []byte, last bool) (n, used int, p Progress, err error) {
	if d.broken {
		return 0, 0, Starved, ErrData
	}
	if d.open == nil {
		d.open = takeState()
	}
	f := d.open
	f.window, f.dst, f.n = &d.window, dst, 0
	reached := f.read(src)
	used = f.used
	if reached == starved && last {
		reached = f.end()
	}
	n = f.n
	f.window, f.dst, f.src = nil, nil, nil
	switch reached {
	case invalid:
		d.Free()
		d.broken = true
		return 0, 0, Starved, ErrData
	case full:
		p = Full
	case done:
		p = Done
		d.close()
	}
	d.keep(dst[:n])
	return n, used, p, nil
}

// close gives back the state of the message, which is at its end.
func (d *Decoder) close() {
	d.open.free()
	d.open = nil
}

// keep adds what was decoded to the window, if later bytes can refer to it.
func (d *Decoder) keep(inflated []byte) {
	if d.open != nil || d.takeover {
		d.window.Add(inflated)
	} else {
		d.window.Free()
	}
}

// Free gives back all memory. The Decoder forgets the open message, if there is
// one, and the context. Without takeover that is a way to skip the rest of a
// message: the next call of Decode begins another one.
func (d *Decoder) Free() {
	if d.open != nil {
		d.close()
	}
	d.window.Free()
}
