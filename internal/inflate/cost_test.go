package inflate

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/deflatetest"
)

// messageOfJSON is a message of that many bytes, compressed.
func messageOfJSON(t testing.TB, rng *rand.Rand, n int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(deflatetest.JSON(rng, n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()[:b.Len()-len(tail)]
}

// perByte is the least time, of several, that each byte of messages takes to be decoded,
// in nanoseconds.
func perByte(t *testing.T, messages [][]byte) float64 {
	least, size, dst := time.Duration(1<<62), 0, make([]byte, 1<<17)
	in := newDecoder(false, 15)
	for range 40 {
		size = 0
		began := time.Now()
		for _, message := range messages {
			if _, _, p, err := in.Decode(dst, message, true); p != Done || err != nil {
				t.Fatal(p, err)
			}
			size += len(message)
		}
		least = min(least, time.Since(began))
	}
	return float64(least) / float64(size)
}

// A peer that sends tiny blocks makes the decoder build tables for next to nothing. Each
// byte of theirs takes about as long as several of text; without care it is ten.
func TestCostOfTinyBlocks(t *testing.T) {
	if raced || testing.CoverMode() != "" {
		t.Skip("skipped: the race detector, and counting what is covered, change what is costly")
	}
	rng := rand.New(rand.NewPCG(1, 16))
	var messages [][]byte
	for range 50 {
		messages = append(messages, messageOfJSON(t, rng, 1<<10))
	}
	honest := perByte(t, messages)
	for _, c := range deflatetest.TinyBlocks() {
		t.Run(c.Name, func(t *testing.T) {
			cost := perByte(t, [][]byte{c.Message(16 << 10)})
			t.Logf("%.1f ns a byte, %.1f times those of text", cost, cost/honest)
			if cost > 8*honest {
				t.Errorf("%.1f ns a byte, and those of text %.1f", cost, honest)
			}
		})
	}
}

// The tiny blocks are valid, whichever parts they arrive in.
func TestTinyBlocks(t *testing.T) {
	for _, c := range deflatetest.TinyBlocks() {
		t.Run(c.Name, func(t *testing.T) {
			data := c.Message(300)
			want, ok := deflatetest.StandardAccepts(data, nil)
			if !ok {
				t.Fatal("the standard library cannot read it")
			}
			for _, size := range []int{1, 3, 7, 8, 9, 50, len(space)} {
				got, err := newDecoder(false, 15).piecewise(t, data, always(size), always(size))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("size=%d: %q, %v; want %q", size, got, err, want)
				}
			}
		})
	}
}
