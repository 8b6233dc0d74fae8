package window

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// A Window holds the last bytes, in whatever portions they were written.
func TestWindowHoldsLastBytes(t *testing.T) {
	for bits := MinBits; bits <= MaxBits; bits++ {
		t.Run(fmt.Sprintf("bits=%d", bits), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(bits), 1))
			w := New(1 << bits)
			defer w.Free()
			var all []byte
			for range 300 {
				p := random(rng, rng.IntN(1+rng.IntN(1+2*int(w.size))))
				w.Add(p)
				all = append(all, p...)
				all = all[max(0, len(all)-int(w.size)):]
				n := rng.IntN(2 * int(w.size))
				if got := w.AppendLast([]byte("before"), n); !bytes.Equal(got, append([]byte("before"), all[max(0, len(all)-n):]...)) {
					t.Fatalf("the last %d of %d bytes are not right", n, len(all))
				}
				if len(all) == 0 {
					continue
				}
				distance := 1 + rng.IntN(len(all))
				got := make([]byte, rng.IntN(2*distance))
				n = w.CopyTo(got, distance)
				if want := all[len(all)-distance:]; n != min(len(got), len(want)) || !bytes.HasPrefix(want, got[:n]) {
					t.Fatalf("%d of %d bytes from %d back are not right", n, len(got), distance)
				}
			}
		})
	}
}

// A Window allocates memory as it fills.
func TestWindowGrows(t *testing.T) {
	w := New(4 << 10)
	for _, c := range []struct{ add, want int }{
		{0, 0}, {1, 256}, {255, 256}, {1, 512}, {1000, 2 << 10}, {1000, 4 << 10}, {100_000, 4 << 10}, {1, 4 << 10},
	} {
		w.Add(make([]byte, c.add))
		if w.Held() != c.want {
			t.Errorf("after %d more bytes: %d, want %d", c.add, w.Held(), c.want)
		}
	}
	w.Free()
	w.Free()
	if w.Held() != 0 || w.Len() != 0 || len(w.AppendLast(nil, 10)) != 0 {
		t.Errorf("after free: %d held, %d bytes", w.Held(), w.Len())
	}
}

func TestWindowsDoNotShareMemory(t *testing.T) {
	for range 100 {
		a, b := New(512), New(512)
		a.Add(bytes.Repeat([]byte{'a'}, 600))
		b.Add(bytes.Repeat([]byte{'b'}, 300))
		a.Free()
		c := New(512)
		c.Add(bytes.Repeat([]byte{'c'}, 600))
		if got := b.AppendLast(nil, 512); !bytes.Equal(got, bytes.Repeat([]byte{'b'}, 300)) {
			t.Fatal("a window was changed through another one")
		}
		b.Free()
		c.Free()
	}
}

func random(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}
