package ws

import (
	"context"
	"sync"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/deflate"
	"github.com/handset-go/handset/internal/outbox"
)

// packing is how a message that stands alone is compressed.
type packing struct{ level, bits uint8 }

// append appends the message to dst, compressed. ok is false if that does not
// make it shorter.
func (p packing) append(dst, data []byte) (packed []byte, ok bool) {
	d := deflate.Params{ServerNoTakeover: true, ServerWindowBits: int(p.bits)}.Deflater(int(p.level))
	packed, err := d.Append(dst, data, true)
	return packed, err == nil && len(packed)-len(dst) < len(data)
}

// pack has a frame that is about to be queued compressed, if that was agreed
// on: at once, if the result does not depend on its turn, so that nobody waits
// for the outbox meanwhile. The buffer is to be freed when the frame has been
// queued.
func (s *Session) pack(f *outbox.Frame) *buffer.Buffer {
	c := s.compression
	switch {
	case c == nil || f.Opcode.Control():
		return nil
	case f.Owner == nil && len(f.Data) < int(c.minSize):
		return nil
	case f.Owner != nil || !c.alone:
		f.Compress = true
		return nil
	}
	scratch := buffer.Get(len(f.Data))
	if packed, ok := c.packing.append(scratch.Bytes, f.Data); ok {
		f.Data, f.RSV1 = packed, true
	}
	return scratch
}

// putPacked queues a frame, compressed if that was agreed on.
func (s *Session) putPacked(ctx context.Context, f *outbox.Frame) error {
	defer s.pack(f).Free()
	return s.putTraced(ctx, f)
}

// Compressing is the order in which messages are compressed.
func (h *outboxHost) Compressing() sync.Locker { return h.compression }

// Compress is called when the turn of a frame has come that pack or SendPrepared
// wants compressed.
func (h *outboxHost) Compress(scratch, data, packed []byte, first, last bool) (compressed []byte, ok bool) {
	return h.compression.compress(scratch, data, packed, first, last)
}

// compress is called with the order locked.
func (c *compression) compress(scratch, data, packed []byte, first, last bool) (compressed []byte, ok bool) {
	if first && last {
		return c.compressWhole(scratch, data, packed)
	}
	if !first && !c.inPieces {
		return nil, false
	}
	compressed, err := c.sends.Append(scratch, data, last)
	if first {
		c.inPieces = err == nil && (len(data) < int(c.minSize) || len(compressed) < len(data))
	}
	if !c.inPieces {
		return nil, false
	}
	c.sends.Sent(data, last)
	c.inPieces = !last
	return compressed, true
}

// compressWhole compresses a whole message, unless it has been already: one
// that stands alone may be sent whatever was sent before.
func (c *compression) compressWhole(scratch, data, packed []byte) (compressed []byte, ok bool) {
	if packed == nil {
		var err error
		packed, err = c.sends.Append(scratch, data, true)
		if err != nil || len(packed) >= len(data) {
			return nil, false
		}
	}
	c.sends.Sent(data, true)
	return packed, true
}

// Lock and Unlock are around the compression of each message, in the order in
// which messages leave. Unlock also gives back what was kept to send, if it is
// not needed any more.
func (c *compression) Lock() { c.order.Lock() }

func (c *compression) Unlock() {
	c.order.Unlock()
	if c.over.Load() {
		c.freeSends()
	}
}

// endSending gives back what was kept to send, when nothing is sent any more. It
// does not wait for a message that is being compressed: whoever does that gives
// it back.
func (c *compression) endSending() {
	if c != nil {
		c.over.Store(true)
		c.freeSends()
	}
}

func (c *compression) freeSends() {
	if c.order.TryLock() {
		c.sends.Free()
		c.order.Unlock()
	}
}
