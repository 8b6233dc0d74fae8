package deflate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
	"github.com/klauspost/compress/flate"
)

// shortFragments are messages that a Deflater has a fixedEncoder compress.
var shortFragments = []struct {
	takeover bool
	bits     int
	length   int
}{
	{false, 15, 64}, {false, 15, 100}, {false, 15, 127},
	{true, 12, 100}, {true, 12, 150}, {true, 12, 250}, {true, 12, 350}, {true, 12, 512},
	{true, 15, 100}, {true, 15, 150}, {true, 15, 250}, {true, 15, 350}, {true, 15, 512},
}

// shortEncoders are the ways to compress a short fragment: fixedEncoder, the
// compressor of klauspost/compress that keeps no state, and the pooled one that
// compresses longer fragments.
var shortEncoders = []struct {
	name   string
	append func(e *encoder, d *Deflater, fragment []byte) ([]byte, error)
}{
	{"fixed", func(e *encoder, d *Deflater, fragment []byte) ([]byte, error) {
		return appendFixed(e.out[:0], fragment, &d.window, 1<<d.bits), nil
	}},
	{"stateless", func(e *encoder, d *Deflater, fragment []byte) ([]byte, error) {
		e.dict = d.window.AppendLast(e.dict[:0], min(8<<10, 1<<d.bits-len(fragment)))
		e.out = e.out[:0]
		err := flate.StatelessDeflate(e, fragment, false, e.dict)
		return e.out, err
	}},
	{"pooled", func(e *encoder, d *Deflater, fragment []byte) ([]byte, error) {
		return d.encode(e.out[:0], fragment)
	}},
}

// shortMessages returns messages of that length, more of them than a window holds.
func shortMessages(length int) [][]byte {
	rng := rand.New(rand.NewPCG(1, 17))
	messages := make([][]byte, 256)
	for i := range messages {
		messages[i] = deflatetest.JSON(rng, length+80)[:length]
	}
	return messages
}

// The fixed encoder needs fewer bytes than flate.StatelessDeflate.
func TestFixedEncoderBeatsStatelessDeflate(t *testing.T) {
	for _, p := range shortFragments {
		if !p.takeover {
			continue
		}
		var sent [2]int
		for i, by := range shortEncoders[:2] {
			d, e := newDeflater(p.takeover, p.bits, 1), new(encoder)
			for _, message := range shortMessages(p.length) {
				out, err := by.append(e, d, message)
				if err != nil {
					t.Fatal(err)
				}
				d.Sent(message, true)
				sent[i] += len(out)
			}
			d.Free()
		}
		if sent[0] > sent[1]*9/10 {
			t.Errorf("bits=%d,length=%d: %d bytes, and %d by StatelessDeflate", p.bits, p.length, sent[0], sent[1])
		}
	}
}

// BenchmarkShortFragments compares the ways to compress a short fragment, in CPU and
// in bytes. fixedEncoder is worth its code while it is ahead of StatelessDeflate in
// both.
func BenchmarkShortFragments(b *testing.B) {
	for _, p := range shortFragments {
		messages := shortMessages(p.length)
		for _, by := range shortEncoders {
			b.Run(fmt.Sprintf("takeover=%v,bits=%d,length=%d,by=%s", p.takeover, p.bits, p.length, by.name), func(b *testing.B) {
				benchmarkShort(b, newDeflater(p.takeover, p.bits, 1), messages, by.append)
			})
		}
	}
}

func benchmarkShort(b *testing.B, d *Deflater, messages [][]byte, appendTo func(*encoder, *Deflater, []byte) ([]byte, error)) {
	defer d.Free()
	for range 2 {
		for _, message := range messages {
			d.Sent(message, true)
		}
	}
	e := &encoder{out: make([]byte, 0, 2000)}
	sent, count := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		message := messages[count%len(messages)]
		out, err := appendTo(e, d, message)
		if err != nil {
			b.Fatal(err)
		}
		d.Sent(message, true)
		sent += len(out) - len(tail)
		count++
	}
	b.ReportMetric(float64(sent)/float64(count), "wire-B/op")
}
