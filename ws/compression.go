package ws

import (
	"cmp"
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/deflate"
	"github.com/handset-go/handset/internal/inflate"
	"github.com/handset-go/handset/internal/outbox"
)

// Compression configures permessage-deflate (RFC 7692). The zero value disables
// compression. Messages are compressed if the peer supports the extension, as
// browsers do.
//
// Text of some hundred bytes or more, such as JSON, becomes two to ten times shorter.
// Compression costs 10 to 30 µs of CPU time for each KiB sent and 3 µs for each KiB
// received. Enable it for slow or metered networks, but not for local networks, nor
// for images and other compressed data. A message that would not become shorter is
// sent uncompressed.
//
// Without context takeover, each message is compressed by itself, and an idle session
// needs fewer than 300 bytes more than without compression. With context takeover, a
// message may refer to the messages before it, which makes short, similar messages
// much shorter. The session then keeps the data that later messages may refer to, up
// to the size of the window in each direction; for sending at levels below 5, at most
// 16 KiB.
//
// Compressing needs more stack than receiving, and a goroutine keeps the stack that
// it has grown: a goroutine that sends from its loop over Recv keeps some 2 KiB more.
//
// Some peers, such as lxzan/gws 1.8.9, add the payloads of Pongs to their
// compression window, which RFC 7692 does not allow, so their later messages are
// decompressed incorrectly. With RecvTakeover, the Pings of the heartbeat therefore
// have no payload. An application that supports such peers calls Session.Ping
// without a payload.
//
// Do not compress a message that contains a secret and text that an attacker chooses:
// its length reveals information about the secret.
type Compression struct {
	// Level is the compression level, from 1 (fastest) to 9 (smallest). Zero
	// disables compression.
	Level int

	// MinSize is the length in bytes from which messages are compressed. Zero
	// means 128. A message that is sent in fragments is compressed whatever its
	// length, unless its first fragment has at least this length and would not
	// become shorter.
	MinSize int

	// SendTakeover and RecvTakeover enable context takeover for messages to and
	// from the peer, unless the peer declines it. A server may use it although a
	// client without RecvTakeover has asked it not to.
	SendTakeover bool
	RecvTakeover bool

	// SendWindowBits and RecvWindowBits limit the window sizes, from 8 (256 bytes) to
	// 15 (32 KiB). Zero means 15. The peer is asked to compress with RecvWindowBits.
	// If they are not 15, and the peer does not support the parameter, which is
	// client_max_window_bits on a server and server_max_window_bits on a client,
	// RecvTakeover is not used. If they are 8, the peer is asked for 9, because
	// zlib, which most peers use, cannot compress with 8; only a client that offers
	// 8 itself is asked for 8.
	SendWindowBits int
	RecvWindowBits int
}

// Frugal returns a Compression that compresses each message by itself at the fastest
// level. An idle session needs nearly no memory for it. It is the best choice for
// most programs.
func Frugal() Compression { return Compression{Level: 1} }

// Balanced returns a Compression with context takeover and windows of 4 KiB, for many
// short, similar messages. It needs up to 8 KiB of memory for each session, and about
// twice the CPU time of Frugal.
func Balanced() Compression {
	return Compression{Level: 5, SendTakeover: true, RecvTakeover: true, SendWindowBits: 12, RecvWindowBits: 12}
}

// Dense returns a Compression with context takeover and windows of 32 KiB, for long
// messages on metered or slow networks. It needs up to 64 KiB of memory for each
// session, and several times the CPU time of Frugal.
func Dense() Compression {
	return Compression{Level: 5, MinSize: 32, SendTakeover: true, RecvTakeover: true}
}

const defaultMinSize = 128

// check returns an error if an option is invalid.
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

// config returns the part of c that is negotiated.
func (c Compression) config() deflate.Config {
	return deflate.Config{
		NoSendTakeover: !c.SendTakeover, NoRecvTakeover: !c.RecvTakeover,
		SendWindowBits: c.SendWindowBits, RecvWindowBits: c.RecvWindowBits,
	}
}

// negotiate chooses one of a client's offers (RFC 7692 §5) and returns the state and
// the response. They are nil and "" if none can be accepted.
func (c Compression) negotiate(offers []string) (*deflateState, string) {
	if c.Level == 0 {
		return nil, ""
	}
	params, answer, ok := deflate.Negotiate(offers, c.config())
	if !ok {
		return nil, ""
	}
	return c.state(params), answer
}

// offer returns the value of the Sec-WebSocket-Extensions header of a client's request.
// It is "" if the request must not have that header.
func (c Compression) offer() string {
	if c.Level == 0 {
		return ""
	}
	return deflate.Offer(c.config())
}

// agree checks the response to offer (RFC 7692 §5.1), whose
// Sec-WebSocket-Extensions lines are given, and returns the state. It is nil if the
// server does not compress. If agree returns an error, the client must fail the
// connection (RFC 6455 §4.1).
func (c Compression) agree(lines []string) (*deflateState, error) {
	if c.Level == 0 {
		return nil, deflate.AgreeNone(lines)
	}
	params, ok, err := deflate.Agree(lines, c.config())
	if err != nil || !ok {
		return nil, err
	}
	return c.state(params), nil
}

// state returns the state of a session whose sides have agreed on p.
func (c Compression) state(p deflate.Params) *deflateState {
	return &deflateState{
		deflater:     p.Deflater(c.Level),
		decoder:      p.Inflater(),
		minSize:      int32(min(cmp.Or(c.MinSize, defaultMinSize), math.MaxInt32)),
		noTakeover:   p.NoSendTakeover,
		recvTakeover: !p.NoRecvTakeover,
		settings:     deflateSettings{level: uint8(c.Level), bits: uint8(p.SendWindowBits)},
	}
}

// deflateState is the state of permessage-deflate on a session that has negotiated
// it. The lock order guards what is used for sending; the decoder belongs to the
// reader.
type deflateState struct {
	deflater     deflate.Deflater // with order locked
	decoder      inflate.Decoder  // the reader's
	order        sync.Mutex       // locked while a message is compressed and queued
	ended        atomic.Bool      // no more messages are sent
	minSize      int32            // length in bytes from which whole messages are compressed
	settings     deflateSettings
	noTakeover   bool // messages sent do not refer to earlier ones
	recvTakeover bool // messages received may refer to earlier ones
	inFragments  bool // a fragmented message is being sent compressed; with order locked
}

// deflateSettings are the parameters that determine the compressed form of a message
// that does not refer to earlier messages.
type deflateSettings struct{ level, bits uint8 }

// append appends data to dst in compressed form, without references to other
// messages. ok is false if that is not shorter.
func (settings deflateSettings) append(dst, data []byte) (compressed []byte, ok bool) {
	d := deflate.Params{NoSendTakeover: true, SendWindowBits: int(settings.bits)}.Deflater(int(settings.level))
	compressed, err := d.Append(dst, data, true)
	return compressed, err == nil && len(compressed)-len(dst) < len(data)
}

// prepare prepares a frame to be queued. It does nothing if d is nil. If the
// compressed form does not depend on other messages, prepare compresses the frame
// itself, so that no other send waits for it in the outbox. Otherwise the outbox
// calls compress. The caller frees the buffer, which may be nil, when the frame has
// been queued.
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

// compress returns the payload of the next frame in compressed form, as specified by
// outbox.Callbacks. The caller holds order. The first fragment of a message decides
// whether the message is compressed.
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

// compressWhole is compress for a whole message. If compressed is not nil, it is the
// compressed form, without references to earlier messages, so it may follow any
// message.
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

// Lock and Unlock implement the lock of outbox.Callbacks.Compressing. Unlock frees
// the deflater if endSending could not.
func (d *deflateState) Lock() { d.order.Lock() }

func (d *deflateState) Unlock() {
	d.order.Unlock()
	if d.ended.Load() {
		d.freeDeflater()
	}
}

// endSending frees the deflater after the last send. It does not wait while a message
// is being compressed: Unlock then frees the deflater. It does nothing if d is nil.
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
