package main

import (
	"crypto/subtle"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

const (
	maskBit = 0x80
	maskLen = 4

	smallRead = 4 << 10  // the buffer of a new connection
	largeRead = 64 << 10 // what it grows to if its reads are full
)

// echoer turns what the server sends into what is sent back. It keeps the frames'
// headers, fragments and all, so that it need not know about messages.
type echoer struct {
	buf  []byte
	end  int // what buf holds of unread input is buf[:end]
	used int // and of that, what the last take has turned into echoes

	out []byte     // the echoes
	key [1024]byte // a mask, repeated
}

func newEchoer(early []byte) *echoer {
	e := &echoer{buf: make([]byte, smallRead)}
	e.end = copy(e.buf, early)
	return e
}

// room is where to read to. It starts a new buffer where the last read or the frame
// under way fills the one there is.
func (e *echoer) room() []byte {
	want := len(e.buf)
	if e.end == len(e.buf) {
		want = max(want, min(2*want, largeRead))
	}
	if header, size, ok := parse(e.buf[e.used:e.end]); ok {
		want = max(want, header+size)
	}
	if e.used > 0 || want > len(e.buf) {
		buf := e.buf
		if want > len(buf) {
			buf = make([]byte, want)
		}
		e.end = copy(buf, e.buf[e.used:e.end])
		e.buf, e.used = buf, 0
	}
	return e.buf[e.end:]
}

// take returns the echoes of the complete frames that there are, valid until the
// next call.
func (e *echoer) take() []byte {
	e.out = e.out[:0]
	for {
		header, size, ok := parse(e.buf[e.used:e.end])
		if !ok || header+size > e.end-e.used {
			return e.out
		}
		frame := e.buf[e.used : e.used+header+size]
		e.used += len(frame)
		e.out = append(e.out, frame[:header]...)
		e.out[len(e.out)-header+1] |= maskBit
		e.appendMasked(frame[header:])
	}
}

// appendMasked appends a mask and the payload under it, by way of the standard
// library's SIMD.
func (e *echoer) appendMasked(payload []byte) {
	// ChaCha8, which a server cannot foresee (RFC 6455 §5.3).
	binary.LittleEndian.PutUint32(e.key[:], rand.Uint32())
	n := maskLen
	for n < min(len(e.key), len(payload)) {
		n += copy(e.key[n:], e.key[:n])
	}
	e.out = append(e.out, e.key[:maskLen]...)
	start := len(e.out)
	e.out = slices.Grow(e.out, len(payload))[:start+len(payload)]
	for masked := e.out[start:]; len(payload) > 0; {
		done := subtle.XORBytes(masked, payload, e.key[:n])
		masked, payload = masked[done:], payload[done:]
	}
}

// parse reads a header as a server sends it: its length, and the payload's.
func parse(b []byte) (header, size int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	switch size := int(b[1]); {
	case size < 126:
		return 2, size, true
	case size == 126 && len(b) >= 4:
		return 4, int(binary.BigEndian.Uint16(b[2:])), true
	case size == 127 && len(b) >= 10:
		return 10, int(binary.BigEndian.Uint64(b[2:])), true
	}
	return 0, 0, false
}
