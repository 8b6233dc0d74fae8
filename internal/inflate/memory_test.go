package inflate

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/handset-go/handset/internal/deflatetest"
)

// raced is set when the race detector is on, with which pools forget some of
// what they are given.
var raced bool

// The structs have the sizes that the package documents.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(Decoder{}); n > 32 {
		t.Errorf("a Decoder has %d bytes", n)
	}
	if n := unsafe.Sizeof(state{}); n > 7<<10 {
		t.Errorf("a state has %d bytes", n)
	}
}

// huffmanOnly is a message without matches, so that it fits every window.
func huffmanOnly(t testing.TB, message []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.HuffmanOnly)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(message); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()[:b.Len()-len(tail)]
}

// Between messages only the window is kept, if there is one.
func TestMemoryBetweenMessages(t *testing.T) {
	const KiB = 1 << 10
	for _, c := range []struct {
		name     string
		takeover bool
		bits     int
		lengths  []int
		held     int
	}{
		{"no takeover", false, 15, []int{10, 100_000}, 0},
		{"no takeover, small window", false, 10, []int{10, 100_000}, 0},
		{"takeover", true, 15, []int{10, 100_000}, 32 * KiB},
		{"takeover, small window", true, 9, []int{10, 100_000}, 512},
		{"takeover, little received", true, 15, []int{100, 300, 100}, 512},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 11))
			in := newDecoder(c.takeover, c.bits)
			for _, n := range c.lengths {
				message := huffmanOnly(t, deflatetest.JSON(rng, n)[:n])
				if _, err := in.piecewise(t, message, always(1+n/7), always(1+n/5)); err != nil {
					t.Fatal(err)
				}
			}
			if in.window.Held() != c.held || in.open != nil {
				t.Errorf("after the last message: %d, open %v", in.window.Held(), in.open)
			}
			in.Free()
			if in.window.Held() != 0 {
				t.Errorf("after Free: %d", in.window.Held())
			}
		})
	}
}

func TestMessagesAllocateNothing(t *testing.T) {
	if raced {
		t.Skip("skipped: under the race detector pools forget what they were given")
	}
	rng := rand.New(rand.NewPCG(1, 12))
	for _, n := range []int{0, 50, 300, 1000, 60_000} {
		for _, takeover := range []bool{false, true} {
			in, text := newDecoder(takeover, 12), make([]byte, n)
			message := huffmanOnly(t, deflatetest.JSON(rng, n)[:n])
			half := len(message) / 2
			allocated := testing.AllocsPerRun(200, func() {
				k, used, _, err := in.Decode(text, message[:half], false)
				if err != nil {
					t.Fatal(err)
				}
				if _, _, p, err := in.Decode(text[k:], message[used:], true); p != Done || err != nil {
					t.Fatal(p, err)
				}
			})
			if allocated >= 1 {
				t.Errorf("%d bytes, takeover %v: %.0f allocations", n, takeover, allocated)
			}
		}
	}
}
