package inflate

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
	"github.com/handset-go/handset/internal/window"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// newDecoder is for messages from a client.
func newDecoder(takeover bool, bits int) *Decoder {
	in := New(1<<bits, takeover)
	return &in
}

// space is room for piecewise.
var space [1 << 16]byte

// piecewise inflates a message that arrives in parts of up to arrive bytes,
// into room for up to room bytes at a time.
func (in *Decoder) piecewise(t testing.TB, message []byte, arrive, room func() int) ([]byte, error) {
	var out, part []byte
	for calls := 0; ; calls++ {
		if calls > 100_000_000 {
			t.Fatal("it goes on for ever")
		}
		last := len(part) == len(message)
		dst := space[:min(room(), len(space))]
		n, used, p, err := in.Decode(dst, part, last)
		if err != nil {
			return out, err
		}
		out = append(out, dst[:n]...)
		part, message = part[used:], message[used:]
		switch {
		case p == Done:
			if !last || len(message) > 0 {
				t.Fatalf("done with %d bytes to come", len(message))
			}
			return out, nil
		case p == Full && n < len(dst):
			t.Fatalf("full with %d of %d bytes", n, len(dst))
		case p == Starved && (len(part) > 0 || last):
			t.Fatalf("starved with %d bytes unread, last %v", len(part), last)
		case p == Starved:
			part = message[:min(len(message), arrive())]
		}
	}
}

func always(n int) func() int { return func() int { return n } }

// valid are messages with what they inflate to.
var valid = []struct{ name, message, text string }{
	{"RFC 7692 §7.2.3.1, one block", "f2 48 cd c9 c9 07 00", "Hello"},
	{"RFC 7692 §7.2.3.3, no compression", "00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello"},
	{"RFC 7692 §7.2.3.4, BFINAL 1", "f3 48 cd c9 c9 07 00 00", "Hello"},
	{"RFC 7692 §7.2.3.5, two blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello"},
	{"RFC 7692 §7.2.3.6, empty", "00", ""},
	{"a final block and nothing behind it", "f3 48 cd c9 c9 07 00", "Hello"},
	{"two streams", "f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00", "HelloHello"},
	{"a second stream that refers to the first", "f3 48 cd c9 c9 07 00 f2 00 11 00 00", "HelloHello"},
	{"nothing at all", "", ""},
	{"a tail that was not removed", "f2 48 cd c9 c9 07 00 00 00 ff ff", "Hello"},
	{"a stored block of which much has been read ahead", // of it: bytes 144, 12 times, an end, and a stored block's head
		"9a 30 61 c2 84 09 13 26 4c 98 30 61 c2 04 00 00 05 00 fa ff 48 65 6c 6c 6f 00", strings.Repeat("\x90", 12) + "Hello"},
	{"empty stored blocks", "00 00 00 ff ff 00 00 00 ff ff 00 05 00 fa ff 48 65 6c 6c 6f 00 00 00 ff ff 00", "Hello"},
}

// Inflate reads messages wherever they are split.
func TestInflateInParts(t *testing.T) {
	for _, c := range valid {
		t.Run(c.name, func(t *testing.T) {
			message := unhex(c.message)
			for arrive := 1; arrive <= len(message)+1; arrive++ {
				for room := range len(c.text) + 3 {
					if room == 0 {
						room = 1000
					}
					out, err := newDecoder(false, 15).piecewise(t, message, always(arrive), always(room))
					if string(out) != c.text || err != nil {
						t.Errorf("arrive=%d,room=%d: %q, %v", arrive, room, out, err)
					}
				}
			}
		})
	}
}

// Inflate takes over the context of the previous message.
func TestInflateTakeover(t *testing.T) {
	// RFC 7692 §7.2.3.2: the second "Hello" is a reference to the first.
	first, second := unhex("f2 48 cd c9 c9 07 00"), unhex("f2 00 11 00 00")
	in := newDecoder(true, 15)
	for i, message := range [][]byte{first, second, second} {
		out, err := in.piecewise(t, message, always(1), always(2))
		if string(out) != "Hello" || err != nil {
			t.Fatalf("message %d: %q, %v", i, out, err)
		}
	}
	in = newDecoder(false, 15)
	if out, err := in.piecewise(t, first, always(100), always(100)); string(out) != "Hello" || err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	if out, err := in.piecewise(t, second, always(100), always(100)); err != ErrData {
		t.Errorf("without takeover the second is %q, %v", out, err)
	}
}

// Inflate refuses distances beyond the window.
func TestInflateRefusesLongDistances(t *testing.T) {
	for bits := window.MinBits; bits <= window.MaxBits; bits++ {
		t.Run(fmt.Sprintf("bits=%d", bits), func(t *testing.T) {
			size := 1 << bits
			for _, distance := range []int{size - 1, size, size + 1} {
				if distance > 1<<window.MaxBits {
					continue // deflate has no such distance
				}
				message := deflatetest.FarMatch(distance)
				want, farthest, ok := deflatetest.Naive(message, nil)
				if !ok || farthest != distance {
					t.Fatalf("the naive inflater: %v, distance %d", ok, farthest)
				}
				for _, room := range []int{100, 100_000} {
					out, err := newDecoder(false, bits).piecewise(t, message, always(1000), always(room))
					if good := distance <= size; good != (err == nil) || good && !bytes.Equal(out, want) {
						t.Errorf("distance=%d,room=%d: %d bytes, %v", distance, room, len(out), err)
					}
				}
			}
		})
	}
}

func TestInflateStopsWhenFull(t *testing.T) {
	bomb := deflatetest.Zeros(16 << 20)
	for _, takeover := range []bool{false, true} {
		in := newDecoder(takeover, 15)
		dst := make([]byte, 10_000)
		total, rest := 0, bomb
		for range 20 {
			n, used, p, err := in.Decode(dst, rest, true)
			if n != len(dst) || p != Full || err != nil {
				t.Fatalf("%d bytes, %v, %v", n, p, err)
			}
			total += n
			rest = rest[used:]
		}
		if read := len(bomb) - len(rest); read > total/500 {
			t.Errorf("%d bytes were read to inflate %d", read, total)
		}
		in.Free()
		if in.open != nil || in.window.Held() != 0 {
			t.Error("something is still held")
		}
	}
}

func TestInflateFullWithoutSpace(t *testing.T) {
	in := newDecoder(true, 15)
	hello := unhex("f2 48 cd c9 c9 07 00")
	rest := hello
	for i := range 5 {
		n, used, p, err := in.Decode(nil, rest, true)
		rest = rest[used:]
		if n != 0 || p != Full || err != nil {
			t.Fatalf("%d: %d bytes, %v, %v", i, n, p, err)
		}
		if n, used, _, _ = in.Decode(make([]byte, 1), rest, true); n != 1 {
			t.Fatalf("%d: %d bytes", i, n)
		}
		rest = rest[used:]
	}
	if n, _, p, err := in.Decode(nil, rest, true); n != 0 || p != Done || err != nil {
		t.Errorf("at the end: %d bytes, %v, %v", n, p, err)
	}
}

// The end of a message may be signalled after its bytes.
func TestInflateEndAfterwards(t *testing.T) {
	in := newDecoder(false, 15)
	dst := make([]byte, 10)
	n, used, p, err := in.Decode(dst, unhex("f2 48 cd c9 c9 07 00"), false)
	if string(dst[:n]) != "Hello" || used != 7 || p != Starved || err != nil {
		t.Fatalf("%q, %d, %v, %v", dst[:n], used, p, err)
	}
	if n, _, p, err = in.Decode(dst, nil, true); n != 0 || p != Done || err != nil {
		t.Errorf("%d bytes, %v, %v", n, p, err)
	}
}

// Free drops the rest of a message.
func TestFreeDropsMessage(t *testing.T) {
	in := newDecoder(false, 15)
	dst := make([]byte, 2)
	if _, _, p, err := in.Decode(dst, unhex("f2 48 cd c9"), false); p != Full || err != nil {
		t.Fatal(p, err)
	}
	in.Free()
	if out, err := in.piecewise(t, unhex("f2 48 cd c9 c9 07 00"), always(3), always(3)); string(out) != "Hello" || err != nil {
		t.Errorf("the next message is %q, %v", out, err)
	}
}
