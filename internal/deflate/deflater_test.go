package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// newDeflater returns a Deflater for a window of 1<<bits bytes.
func newDeflater(takeover bool, bits, level int) *Deflater {
	d := Params{NoSendTakeover: !takeover, SendWindowBits: bits, RecvWindowBits: 15}.Deflater(level)
	return &d
}

// send compresses a message in fragments whose lengths are given; the rest is the
// last one.
func (d *Deflater) send(t testing.TB, message []byte, fragments ...int) []byte {
	var out []byte
	for i := 0; ; i++ {
		fragment, last := message, i == len(fragments)
		if !last {
			fragment = message[:min(fragments[i], len(message))]
		}
		var err error
		if out, err = d.Append(out, fragment, last); err != nil {
			t.Fatal(err)
		}
		d.Sent(fragment, last)
		if last {
			return out
		}
		message = message[len(fragment):]
	}
}

// The output of a Deflater has no distance beyond the window.
func TestDeflaterKeepsWithinWindow(t *testing.T) {
	for bits := minBits; bits <= maxBits; bits++ {
		for _, takeover := range []bool{false, true} {
			t.Run(fmt.Sprintf("bits=%d,takeover=%v", bits, takeover), func(t *testing.T) {
				size := 1 << bits
				rng := rand.New(rand.NewPCG(uint64(bits), 4))
				d := newDeflater(takeover, bits, 1+rng.IntN(9))
				defer d.Free()
				var history []byte
				farthest := 0
				rounds := 60
				if raced {
					rounds = 15 // they are slow then
				}
				for i := range rounds {
					// Messages repeat what is a little less or more than a
					// window away.
					message := deflatetest.Sample(rng, size-20+rng.IntN(40))
					message = append(message, message[:min(len(message), 1+rng.IntN(1+min(size, 700)))]...)
					if i%3 == 0 {
						message = message[:rng.IntN(min(len(message), 600))]
					}
					compressed := d.send(t, message, randomFragments(rng, len(message))...)
					if !takeover {
						history = nil
					}
					got, far, ok := deflatetest.Naive(compressed, history)
					if !ok || !bytes.Equal(got, message) {
						t.Fatalf("message %d of %d bytes: %d, %v", i, len(message), len(got), ok)
					}
					if far > size {
						t.Fatalf("message %d of %d bytes: distance %d", i, len(message), far)
					}
					farthest = max(farthest, far)
					history = append(history, message...)
					history = history[max(0, len(history)-size):]
				}
				if farthest < size/2 && (takeover || size <= smallReach) {
					t.Errorf("the window is not made use of: no distance above %d", farthest)
				}
			})
		}
	}
}

func randomFragments(rng *rand.Rand, length int) (fragments []int) {
	for range rng.IntN(4) {
		fragments = append(fragments, rng.IntN(1+rng.IntN(1+length)))
	}
	return fragments
}

func TestDeflaterEmptyMessage(t *testing.T) {
	for _, fragments := range [][]int{nil, {0}, {0, 0}} {
		for _, takeover := range []bool{false, true} {
			d := newDeflater(takeover, 15, 1)
			if got := d.send(t, nil, fragments...); !bytes.Equal(got, []byte{0}) { // RFC 7692 §7.2.3.6
				t.Errorf("%d fragments: %x", len(fragments)+1, got)
			}
		}
	}
}

// Append changes neither the Deflater nor the bytes that it appends to.
func TestDeflaterAppendChangesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	for _, n := range []int{0, 1, 100, 127, 128, 512, 513, 5000, 100_000} {
		d := newDeflater(true, 12, 1)
		d.send(t, deflatetest.JSON(rng, 1000))
		message := deflatetest.JSON(rng, n)[:n]
		first, err := d.Append([]byte("before"), message, true)
		if err != nil || !bytes.HasPrefix(first, []byte("before")) {
			t.Fatalf("%d bytes: %q, %v", n, first[:6], err)
		}
		if _, err := d.Append(nil, deflatetest.JSON(rng, 2000), false); err != nil {
			t.Fatal(err)
		}
		if again := d.send(t, message); !bytes.Equal(again, first[6:]) {
			t.Errorf("%d bytes: %x, and before it %x", n, again, first[6:])
		}
	}
}

// A message that was compressed once can be sent by every Deflater.
func TestDeflaterSharesMessage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	for _, n := range []int{0, 10, 300, 1000, 100_000} {
		message := deflatetest.JSON(rng, n)
		prepared := newDeflater(false, 11, 1).send(t, message)
		for _, takeover := range []bool{false, true} {
			d, in := newDeflater(takeover, 12, 1), newInflater(takeover, 12)
			for i, compressed := range [][]byte{d.send(t, deflatetest.JSON(rng, 600)), prepared, nil} {
				if i == 1 {
					d.Sent(message, true)
				}
				if i == 2 {
					compressed = d.send(t, message)
				}
				out, err := inflated(in, compressed, always(1000))
				if i > 0 && (err != nil || !bytes.Equal(out, message)) {
					t.Fatalf("takeover=%v,message=%d: %d bytes, %v", takeover, i, len(out), err)
				}
			}
		}
	}
}

// Messages become smaller, and much smaller with context takeover.
func TestDeflaterTakeoverSaves(t *testing.T) {
	for _, c := range []struct {
		n              int
		alone, context int // at most, in percent
	}{
		{80, 101, 37}, {200, 74, 37}, {500, 52, 33}, {1000, 42, 33}, {4000, 32, 26},
	} {
		for _, level := range []int{1, 5, 9} {
			rng := rand.New(rand.NewPCG(1, 7))
			without, with := newDeflater(false, 12, level), newDeflater(true, 12, level)
			var all, alone, context int
			for range 20 {
				message := deflatetest.JSON(rng, c.n)
				all += len(message)
				alone += len(without.send(t, message))
				context += len(with.send(t, message))
			}
			if alone > all*c.alone/100 || context > all*c.context/100 {
				t.Errorf("%d bytes at level %d: %d without takeover, %d with it", all, level, alone, context)
			}
		}
	}
}

// Data that cannot be compressed becomes only a little longer.
func TestDeflaterIncompressible(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 8))
	for _, n := range []int{1, 10, 100, 127, 128, 512, 513, 1000, 10_000, 70_000, 300_000} {
		for _, least := range []int{0, 144} { // the fixed codes of the upper bytes are long
			noise := make([]byte, n)
			for i := range noise {
				noise[i] = byte(least + rng.IntN(256-least))
			}
			for level := 1; level <= 9; level++ {
				for _, bits := range []int{8, 11, 15} {
					d := newDeflater(true, bits, level)
					for range 2 {
						if got := len(d.send(t, noise)); got > n+n/1000+80 {
							t.Errorf("%d bytes from %d, level %d, %d bits: %d", n, least, level, bits, got)
						}
					}
					d.Free()
				}
			}
		}
	}
}

func TestDeflaterLevelOutOfRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	message := deflatetest.JSON(rng, 20_000)
	for _, c := range [][2]int{{0, 1}, {-1, 1}, {-100, 1}, {10, 9}, {1000, 9}} {
		if !bytes.Equal(newDeflater(false, 15, c[0]).send(t, message), newDeflater(false, 15, c[1]).send(t, message)) {
			t.Errorf("level %d is not level %d", c[0], c[1])
		}
	}
	if len(newDeflater(false, 15, 9).send(t, message)) >= len(newDeflater(false, 15, 1).send(t, message)) {
		t.Error("level 9 is no better than level 1")
	}
}

// Without window bits, the window has the maximum size.
func TestParamsWindowBitsDefault(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 16))
	message := deflatetest.JSON(rng, 100_000)
	d, in := Params{}.Deflater(9), Params{}.Inflater()
	for range 2 {
		compressed := d.send(t, message)
		if out, err := inflated(&in, compressed, always(1000)); err != nil || !bytes.Equal(out, message) {
			t.Fatalf("%d bytes, %v", len(out), err)
		}
	}
	if d.window.Len() != 1<<maxBits {
		t.Errorf("a window of %d bytes", d.window.Len())
	}
}
