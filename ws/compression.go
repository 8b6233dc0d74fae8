package ws

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/deflate"
	"github.com/handset-go/handset/internal/inflate"
	"github.com/handset-go/handset/internal/outbox"
)

// Compression says how a server compresses messages, by permessage-deflate
// (RFC 7692). The zero value is not at all. It is used with clients that offer
// it, as browsers do; with others messages go as they are.
//
// Text of some hundred bytes or more, such as JSON, becomes two to ten times
// shorter, which costs 10 to 30 µs of CPU per KiB to send and 3 µs to receive.
// That is worth it where the network is slow or paid for, and not on a local
// network, nor for images and other data that is compressed already. A message
// that would not become shorter is sent as it is.
//
// Without takeover each message is compressed by itself, and an idle session
// costs fewer than 300 bytes more than one without compression. With takeover a
// message may refer to those before it, which makes short ones that resemble
// each other much shorter; for that the session keeps the end of what it has
// sent, or received: as much as has passed, up to the window, which is two to
// the number of its bits, and to send no more than 16 KiB at levels below 5.
//
// Some clients let the payloads of Pongs into what their compressed messages refer
// to, against RFC 7692, and are misunderstood from then on; lxzan/gws 1.8.9 is one.
// With takeover from the client the heartbeat's Pings have no payload, for which
// such clients are safe; for Session.Ping that is up to the program.
//
// These figures are of what the session holds. To compress takes more stack than
// to receive, and a goroutine keeps a stack of the size it once needed: one that
// sends from its loop over Recv has some 2 KiB more from then on.
//
// A message that holds a secret beside text that an attacker chooses should not
// be compressed: its length tells something of the secret.
type Compression struct {
	// Level is from 1, the fastest, to 9, the smallest; 0 is no compression.
	Level int

	// MinSize is the length in bytes from which on a message is compressed;
	// 0 means 128. Messages that are sent in pieces are compressed whatever
	// their length, unless their first piece shows that it is not worth it.
	MinSize int

	// SendTakeover lets messages to the client refer to those before, and
	// RecvTakeover those from it, unless the client wishes otherwise.
	SendTakeover bool
	RecvTakeover bool

	// SendWindowBits and RecvWindowBits are the windows' sizes at most, from 8
	// for 256 bytes to 15 for 32 KiB; 0 means 15. A client that cannot be told
	// the size of its window has to do without takeover if it is not 15.
	// RecvWindowBits of 8 asks the client for 9 unless it has offered 8
	// itself, because zlib, which most clients use, cannot compress with 8.
	SendWindowBits int
	RecvWindowBits int
}

// Frugal is compression of each message by itself at the fastest level: nearly
// no memory for an idle session. It is right for most servers.
func Frugal() Compression { return Compression{Level: 1} }

// Balanced is compression with takeover in windows of 4 KiB, for many short
// messages that resemble each other: up to 8 KiB for a session, and about twice
// the CPU of Frugal.
func Balanced() Compression {
	return Compression{Level: 5, SendTakeover: true, RecvTakeover: true, SendWindowBits: 12, RecvWindowBits: 12}
}

// Dense is compression with takeover in the largest windows: up to 64 KiB for a
// session, and several times the CPU of Frugal, for what is long and whose
// bytes are dear.
func Dense() Compression {
	return Compression{Level: 5, MinSize: 32, SendTakeover: true, RecvTakeover: true}
}

const defaultMinSize = 128

// check finds options that make no sense.
func (c Compression) check() error {
	switch {
	case c.Level < 0 || c.Level > 9:
		return errors.New("compression level is not from 0 to 9")
	case c.MinSize < 0:
		return errors.New("negative MinSize of compression")
	case !validBits(c.SendWindowBits) || !validBits(c.RecvWindowBits):
		return errors.New("window bits of compression are not from 8 to 15")
	case c.Level == 0 && c != Compression{}:
		return errors.New("compression has options but no level")
	}
	return nil
}

func validBits(n int) bool { return n == 0 || n >= 8 && n <= 15 }

// negotiate chooses one of a client's offers (RFC 7692 §5) and returns the state and
// the response. They are nil and "" if none can be accepted.
func (c Compression) negotiate(offers []string) (*deflateState, string) {
	if c.Level == 0 {
		return nil, ""
	}
	params, answer, ok := deflate.Negotiate(offers, deflate.Config{
		NoServerTakeover: !c.SendTakeover, NoClientTakeover: !c.RecvTakeover,
		ServerWindowBits: c.SendWindowBits, ClientWindowBits: c.RecvWindowBits,
	})
	if !ok {
		return nil, ""
	}
	return &deflateState{
		deflater:   params.Deflater(c.Level),
		receives:   params.Inflater(),
		minSize:    int32(min(or(c.MinSize, defaultMinSize), math.MaxInt32)),
		noTakeover: params.ServerNoTakeover,
		recvs:      !params.ClientNoTakeover,
		settings:   deflateSettings{level: uint8(c.Level), bits: uint8(params.ServerWindowBits)},
	}, answer
}

// deflateState is the state of permessage-deflate on a session that has negotiated
// it. What is sent is guarded by order; what is received belongs to the reader.
type deflateState struct {
	deflater    deflate.Deflater // with order locked
	receives    inflate.Decoder  // the reader's
	order       sync.Mutex       // locked while a message is compressed and queued
	ended       atomic.Bool      // nothing is sent any more
	minSize     int32            // the length in bytes from which on whole messages are compressed
	settings    deflateSettings
	noTakeover  bool // messages sent do not refer to earlier ones
	recvs       bool // messages received may refer to earlier ones
	inFragments bool // a fragmented message is being sent compressed; with order locked
}

// deflateSettings is all that the compressed form of a message depends on that does
// not refer to earlier ones.
type deflateSettings struct{ level, bits uint8 }

// append appends data to dst, compressed as a message that refers to no other. ok is
// false if that does not make it shorter.
func (settings deflateSettings) append(dst, data []byte) (compressed []byte, ok bool) {
	d := deflate.Params{ServerNoTakeover: true, ServerWindowBits: int(settings.bits)}.Deflater(int(settings.level))
	compressed, err := d.Append(dst, data, true)
	return compressed, err == nil && len(compressed)-len(dst) < len(data)
}

// prepare prepares a frame to be queued. It does nothing if d is nil. If the
// compressed form does not depend on other messages, prepare compresses the frame,
// so that nobody waits for that in the outbox; otherwise it has the outbox call
// compress. The buffer, which may be nil, must be freed when the frame has been queued.
func (d *deflateState) prepare(f *outbox.Frame) *buffer.Buffer {
	switch {
	case d == nil || f.Opcode.Control():
		return nil
	case !f.Fragment() && len(f.Data) < int(d.minSize):
		return nil
	case f.Fragment() || !d.noTakeover:
		f.Compress = true
		return nil
	}
	scratch := buffer.Get(len(f.Data))
	if compressed, ok := d.settings.append(scratch.Bytes, f.Data); ok {
		f.Data, f.RSV1 = compressed, true
	}
	return scratch
}

// compress returns the payload of the next frame to send in compressed form, as
// outbox.Callbacks says, with order locked. Whether a fragmented message is compressed
// is decided by its first fragment.
func (d *deflateState) compress(scratch, data, compressed []byte, first, last bool) (result []byte, ok bool) {
	if first && last {
		return d.compressWhole(scratch, data, compressed)
	}
	if !first && !d.inFragments {
		return nil, false
	}
	result, err := d.deflater.Append(scratch, data, last)
	if first {
		d.inFragments = err == nil && (len(data) < int(d.minSize) || len(result) < len(data))
	}
	if !d.inFragments {
		return nil, false
	}
	d.deflater.Sent(data, last)
	d.inFragments = !last
	return result, true
}

// compressWhole is compress for a whole message. The compressed form, if given, refers to
// no earlier message, and so may be sent after any.
func (d *deflateState) compressWhole(scratch, data, compressed []byte) (result []byte, ok bool) {
	if compressed == nil {
		var err error
		compressed, err = d.deflater.Append(scratch, data, true)
		if err != nil || len(compressed) >= len(data) {
			return nil, false
		}
	}
	d.deflater.Sent(data, true)
	return compressed, true
}

// Lock and Unlock make d the lock of outbox.Callbacks.Compressing. Unlock frees the
// deflater if endSending could not.
func (d *deflateState) Lock() { d.order.Lock() }

func (d *deflateState) Unlock() {
	d.order.Unlock()
	if d.ended.Load() {
		d.freeDeflater()
	}
}

// endSending frees the deflater when nothing is sent any more. If a message is being
// compressed it does not wait: Unlock frees the deflater then. It does nothing if d is
// nil.
func (d *deflateState) endSending() {
	if d != nil {
		d.ended.Store(true)
		d.freeDeflater()
	}
}

func (d *deflateState) freeDeflater() {
	if d.order.TryLock() {
		d.deflater.Free()
		d.order.Unlock()
	}
}
