package deflate

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
	"github.com/handset-go/handset/internal/inflate"
)

// newInflater returns a decoder for a window of 1<<bits bytes.
func newInflater(takeover bool, bits int) *inflate.Decoder {
	in := Params{NoRecvTakeover: !takeover, SendWindowBits: 15, RecvWindowBits: bits}.Inflater()
	return &in
}

// inflated inflates a message that arrives in parts, into room, of up to
// size() bytes.
func inflated(in *inflate.Decoder, message []byte, size func() int) ([]byte, error) {
	var out, part []byte
	for {
		last := len(part) == len(message)
		dst := make([]byte, size())
		n, used, reached, err := in.Decode(dst, part, last)
		out = append(out, dst[:n]...)
		part, message = part[used:], message[used:]
		switch {
		case err != nil || reached == inflate.Done:
			return out, err
		case reached == inflate.Starved:
			part = message[:min(len(message), size())]
		}
	}
}

func always(n int) func() int { return func() int { return n } }

// stored is a message in blocks that are not compressed.
func stored(message []byte) (blocks []byte) {
	for len(message) > 0 {
		n := min(len(message), 1<<16-1)
		blocks = append(blocks, 0)
		blocks = binary.LittleEndian.AppendUint16(blocks, uint16(n))
		blocks = binary.LittleEndian.AppendUint16(blocks, ^uint16(n))
		blocks = append(blocks, message[:n]...)
		message = message[n:]
	}
	return append(blocks, 0)
}

// hear inflates a message that the peer has not compressed.
func hear(t testing.TB, in *inflate.Decoder, message []byte) {
	t.Helper()
	if got, err := inflated(in, stored(message), always(1<<16)); err != nil || !bytes.Equal(got, message) {
		t.Fatalf("%d bytes of %d, %v", len(got), len(message), err)
	}
}

// The window of an inflater is that of the Params.
func TestInflaterWindow(t *testing.T) {
	for _, c := range []struct{ bits, distance int }{
		{0, 1 << 15}, {15, 1 << 15}, {12, 1 << 12}, {9, 1 << 9},
		{8, 1 << 9}, // zlib makes 9 of it
	} {
		for _, beyond := range []int{0, 1} {
			if c.distance+beyond > 1<<15 {
				continue // deflate has no such distance
			}
			in := Params{RecvWindowBits: c.bits}.Inflater()
			_, err := inflated(&in, deflatetest.FarMatch(c.distance+beyond), always(1000))
			if (err == nil) != (beyond == 0) {
				t.Errorf("bits=%d: %v at distance %d", c.bits, err, c.distance+beyond)
			}
		}
	}
}

// The context takeover of an inflater is that of the Params.
func TestInflaterTakeover(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		in := newInflater(takeover, 15)
		hear(t, in, []byte("Hello"))
		// RFC 7692 §7.2.3.2: a reference to the "Hello" before.
		got, err := inflated(in, []byte("\xf2\x00\x11\x00\x00"), always(100))
		if (err == nil) != takeover || takeover && string(got) != "Hello" {
			t.Errorf("takeover=%v: %q, %v", takeover, got, err)
		}
	}
}
