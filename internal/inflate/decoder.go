package inflate

import (
	"errors"

	"github.com/handset-go/handset/internal/window"
)

// ErrData means that a message is not valid deflate data, or refers to bytes
// from before the window that was agreed. It is answered by close code 1007.
var ErrData = errors.New("inflate: invalid data")

// Progress is where a Decoder stands after a call.
type Progress uint8

const (
	Starved Progress = iota // src is used up, and the message goes on
	Full                    // dst is full, and there is more to put into it
	Done                    // the message is at its end
)

// Decoder decompresses the messages of one direction as they arrive. It never
// waits for bytes, and inflates no further than it is given room for. It has
// one user at a time. New makes one.
//
// Between messages it holds its window if the context is taken over, else
// nothing but itself. While a message is open it holds the window, as far as
// the message and the context fill it, and 7 KiB of tables. A message that
// comes whole, for which there is room, needs the tables alone.
type Decoder struct {
	window   window.Window
	open     *state // the open message's, nil between messages
	takeover bool
	broken   bool
}

// New returns a Decoder whose matches go back up to windowSize bytes, a power
// of two from 256 to 32,768. takeover says that they may go back to the messages
// before.
func New(windowSize int, takeover bool) Decoder {
	return Decoder{window: window.New(windowSize), takeover: takeover}
}

// Decode reads the next bytes of the message from src and puts what they
// inflate to in dst, until one of them is used up or the message is at its end.
// last says that the message has no bytes after src, and has to be said again
// when what was not used is passed again. The first call after Done is about
// the next message.
//
// dst must not be changed during the call, and is the caller's again after it.
// The only error is ErrData. It stays.
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

// close ends the message.
func (d *Decoder) close() {
	d.open.free()
	d.open = nil
}

// keep moves the window over what was inflated, while something can refer to it.
func (d *Decoder) keep(inflated []byte) {
	if d.open != nil || d.takeover {
		d.window.Add(inflated)
	} else {
		d.window.Free()
	}
}

// Free gives back all memory and forgets the open message and the context.
// Without takeover that is a way to drop the rest of a message unread.
func (d *Decoder) Free() {
	if d.open != nil {
		d.close()
	}
	d.window.Free()
}
