package deflate

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/handset-go/handset/internal/deflatetest"
	"github.com/handset-go/handset/internal/inflate"
)

// raced is set when the race detector is on, with which pools forget some of
// what they are given.
var raced bool

// A Deflater has the size that the package documents.
func TestDeflaterSize(t *testing.T) {
	if n := unsafe.Sizeof(Deflater{}); n > 24 {
		t.Errorf("a Deflater has %d bytes", n)
	}
}

// Between messages only the window is kept, if there is one.
func TestMemoryBetweenMessages(t *testing.T) {
	const KiB = 1 << 10
	for _, c := range []struct {
		name        string
		takeover    bool
		bits, level int
		lengths     []int
		inside      int // a message: the most that is held
		sending     int // between messages: all that is held
	}{
		{"no takeover", false, 15, 9, []int{10, 100_000}, 8 * KiB, 0},
		{"no takeover, small window", false, 10, 9, []int{10, 100_000}, 1 * KiB, 0},
		{"takeover", true, 15, 5, []int{10, 100_000}, 32 * KiB, 32 * KiB},
		{"takeover, fast", true, 15, 4, []int{10, 100_000}, 16 * KiB, 16 * KiB},
		{"takeover, small window", true, 9, 1, []int{10, 100_000}, 512, 512},
		{"takeover, little sent", true, 15, 1, []int{100, 300, 100}, 512, 512},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 11))
			d, in := newDeflater(c.takeover, c.bits, c.level), newInflater(c.takeover, c.bits)
			for _, n := range c.lengths {
				message := deflatetest.JSON(rng, n)[:n]
				compressed, err := d.Append(nil, message[:n/2], false)
				if err != nil {
					t.Fatal(err)
				}
				d.Sent(message[:n/2], false)
				if held := d.window.Held(); held == 0 || held > c.inside {
					t.Errorf("inside a message of %d bytes: %d", n, held)
				}
				if compressed, err = d.Append(compressed, message[n/2:], true); err != nil {
					t.Fatal(err)
				}
				d.Sent(message[n/2:], true)
				if _, err := inflated(in, compressed, always(1+n/7)); err != nil {
					t.Fatal(err)
				}
			}
			if d.window.Held() != c.sending {
				t.Errorf("after the last message: %d", d.window.Held())
			}
			d.Free()
			if d.window.Held() != 0 {
				t.Errorf("after Free: %d", d.window.Held())
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
			d, in := newDeflater(takeover, 12, 1), newInflater(takeover, 12)
			message := deflatetest.JSON(rng, n)[:n]
			compressed, text := make([]byte, 0, n+1000), make([]byte, n)
			allocated := testing.AllocsPerRun(200, func() {
				var err error
				for i, last := range []bool{false, true} { // a fragmented one
					fragment := message[i*n/2 : (i+1)*n/2]
					if compressed, err = d.Append(compressed[:len(compressed)*i], fragment, last); err != nil {
						t.Fatal(err)
					}
					d.Sent(fragment, last)
				}
				half := len(compressed) / 2
				k, used, _, err := in.Decode(text, compressed[:half], false)
				if err != nil {
					t.Fatal(err)
				}
				if _, _, p, err := in.Decode(text[k:], compressed[used:], true); p != inflate.Done || err != nil {
					t.Fatal(p, err)
				}
			})
			if allocated >= 1 {
				t.Errorf("%d bytes, takeover %v: %.0f allocations", n, takeover, allocated)
			}
		}
	}
}
