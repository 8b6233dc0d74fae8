package outbox

import "github.com/handset-go/handset/internal/buffer"

// large is the payload from which on a frame is first offered to the transport
// from where the sender has it: copying it would cost more than it saves.
const large = 16 << 10

// putLargeLocked takes up what is queued, the frame's header and, from where the
// sender has it, its payload, to be written in one go. The sender has the right
// to write, and returns when that has been tried once: wrote keeps the rest.
func (o *Outbox) putLargeLocked(f *Frame) {
	t := o.traffic
	t.appendHeader(f, f.size()-len(f.Data))
	t.takeUp()
	t.body = f.Data
	o.writer = sender
}

// wrote notes that n bytes of out, and of the payload behind it, have been
// written. What is left of the payload is copied, ahead of what was queued since:
// it is the sender's.
func (t *traffic) wrote(n int) {
	if t.body == nil {
		t.written += n
		return
	}
	ofHead := min(n, len(t.out.Bytes)-t.written)
	t.written += ofHead
	rest := t.body[n-ofHead:]
	t.body = nil
	if len(rest) == 0 {
		return
	}
	if t.written == len(t.out.Bytes) {
		t.freeOut()
		t.out = buffer.Get(len(rest))
	}
	t.out = t.out.Grow(len(rest))
	t.out.Bytes = append(t.out.Bytes, rest...)
}
