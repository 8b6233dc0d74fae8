package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestWindowHoldsTheLastBytesHoweverTheyCame(t *testing.T) {
	for bits := minBits; bits <= maxBits; bits++ {
		t.Run(fmt.Sprintf("bits=%d", bits), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(bits), 1))
			w := window{size: 1 << bits}
			defer w.free()
			var all []byte
			for range 300 {
				p := sample(rng, rng.IntN(1+rng.IntN(1+2*int(w.size))))
				w.add(p)
				all = append(all, p...)
				all = all[max(0, len(all)-int(w.size)):]
				n := rng.IntN(2 * int(w.size))
				if got := w.appendLast([]byte("before"), n); !bytes.Equal(got, append([]byte("before"), all[max(0, len(all)-n):]...)) {
					t.Fatalf("the last %d of %d bytes are not right", n, len(all))
				}
				if len(all) == 0 {
					continue
				}
				distance := 1 + rng.IntN(len(all))
				got := make([]byte, rng.IntN(2*distance))
				n = w.copyTo(got, distance)
				if want := all[len(all)-distance:]; n != min(len(got), len(want)) || !bytes.HasPrefix(want, got[:n]) {
					t.Fatalf("%d of %d bytes from %d back are not right", n, len(got), distance)
				}
			}
		})
	}
}

func TestWindowTakesMemoryAsItFills(t *testing.T) {
	w := window{size: 4 << 10}
	for _, c := range []struct{ add, want int }{
		{0, 0}, {1, 256}, {255, 256}, {1, 512}, {1000, 2 << 10}, {1000, 4 << 10}, {100_000, 4 << 10}, {1, 4 << 10},
	} {
		w.add(make([]byte, c.add))
		if w.held() != c.want {
			t.Errorf("after %d more bytes: %d, want %d", c.add, w.held(), c.want)
		}
	}
	w.free()
	w.free()
	if w.held() != 0 || w.length() != 0 || len(w.appendLast(nil, 10)) != 0 {
		t.Errorf("after free: %d held, %d bytes", w.held(), w.length())
	}
}

func TestWindowsDoNotShareMemory(t *testing.T) {
	for range 100 {
		a, b := window{size: 512}, window{size: 512}
		a.add(bytes.Repeat([]byte{'a'}, 600))
		b.add(bytes.Repeat([]byte{'b'}, 300))
		a.free()
		c := window{size: 512}
		c.add(bytes.Repeat([]byte{'c'}, 600))
		if got := b.appendLast(nil, 512); !bytes.Equal(got, bytes.Repeat([]byte{'b'}, 300)) {
			t.Fatal("a window was changed through another one")
		}
		b.free()
		c.free()
	}
}
