package deflate

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
	"github.com/handset-go/handset/internal/inflate"
	"github.com/handset-go/handset/internal/window"
	"github.com/klauspost/compress/flate"
)

// each runs a benchmark for each combination that the package's users choose
// between. messages are many different ones, and compressed what a deflater has
// made of them; history fills the window.
func each(b *testing.B, run func(b *testing.B, takeover bool, bits, level, n int, messages [][]byte)) {
	for _, n := range []int{100, 1 << 10, 16 << 10} {
		rng := rand.New(rand.NewPCG(1, 13))
		messages := make([][]byte, 64)
		for i := range messages {
			messages[i] = deflatetest.JSON(rng, n)
		}
		for _, c := range []struct {
			takeover    bool
			bits, level int
		}{{false, 15, 1}, {false, 15, 5}, {true, 12, 1}, {true, 13, 1}, {true, 15, 1}, {true, 15, 5}} {
			b.Run(fmt.Sprintf("n=%d,takeover=%v,bits=%d,level=%d", n, c.takeover, c.bits, c.level), func(b *testing.B) {
				run(b, c.takeover, c.bits, c.level, n, messages)
			})
		}
	}
}

func BenchmarkDeflate(b *testing.B) {
	each(b, func(b *testing.B, takeover bool, bits, level, n int, messages [][]byte) {
		d := newDeflater(takeover, bits, level)
		defer d.Free()
		for takeover && d.window.Len() < d.window.Size() {
			d.Sent(messages[d.window.Len()%len(messages)], true)
		}
		dst := make([]byte, 0, n+1000)
		sent, count := 0, 0
		b.ReportAllocs()
		for b.Loop() {
			message := messages[count%len(messages)]
			out, err := d.Append(dst, message, true)
			if err != nil {
				b.Fatal(err)
			}
			d.Sent(message, true)
			sent += len(out)
			count++
		}
		b.ReportMetric(float64(sent)/float64(count), "wire-B/op")
	})
}

func BenchmarkInflate(b *testing.B) {
	each(b, func(b *testing.B, takeover bool, bits, level, n int, messages [][]byte) {
		d, in := newDeflater(takeover, bits, level), newInflater(takeover, bits)
		defer d.Free()
		defer in.Free()
		text := make([]byte, 2*n+1000)
		var compressed [][]byte
		for range 2 { // the second time they refer to the same as ever after
			compressed = nil
			for _, message := range messages {
				compressed = append(compressed, d.send(b, message))
			}
		}
		for _, message := range messages {
			hear(b, in, message)
		}
		count := 0
		b.ReportAllocs()
		for b.Loop() {
			if _, _, p, err := in.Decode(text, compressed[count%len(compressed)], true); p != inflate.Done || err != nil {
				b.Fatal(p, err)
			}
			count++
		}
	})
}

// BenchmarkKept is the way not taken: a compressor for each connection.
func BenchmarkKept(b *testing.B) {
	each(b, func(b *testing.B, takeover bool, bits, level, n int, messages [][]byte) {
		if !takeover || bits != maxBits {
			b.Skip("skipped: it keeps the context in any case")
		}
		e := &encoder{}
		w, err := flate.NewWriter(e, level)
		if err != nil {
			b.Fatal(err)
		}
		sent, count := 0, 0
		b.ReportAllocs()
		for b.Loop() {
			e.out = e.out[:0]
			if _, err := w.Write(messages[count%len(messages)]); err != nil {
				b.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				b.Fatal(err)
			}
			sent += len(e.out) - len(tail)
			count++
		}
		b.ReportMetric(float64(sent)/float64(count), "wire-B/op")
	})
}

// idle is what an idle connection holds.
type idle struct {
	d  Deflater
	in inflate.Decoder
}

var idles []idle

func BenchmarkIdle(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 14))
	message := deflatetest.JSON(rng, 100<<10)
	for _, c := range []struct {
		takeover bool
		bits     int
	}{{false, 15}, {true, 9}, {true, 12}, {true, 15}} {
		b.Run(fmt.Sprintf("takeover=%v,bits=%d", c.takeover, c.bits), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				idles = make([]idle, 1000)
				for i := range idles {
					c := idle{*newDeflater(c.takeover, c.bits, 1), *newInflater(c.takeover, c.bits)}
					c.d.Sent(message, true)
					hear(b, &c.in, message)
					idles[i] = c
				}
				b.ReportMetric(float64(heap()-before)/1000, "B/connection")
				idles = nil
			}
		})
	}
}

func BenchmarkPooledEncoder(b *testing.B) {
	for name, encoder := range map[string]func() (*flate.Writer, error){
		"level=1": func() (*flate.Writer, error) { return flate.NewWriter(nil, 1) },
		"level=5": func() (*flate.Writer, error) { return flate.NewWriter(nil, 5) },
		"level=9": func() (*flate.Writer, error) { return flate.NewWriter(nil, 9) },
		"bits=12": func() (*flate.Writer, error) { return flate.NewWriterWindow(nil, 1<<12) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				before := heap()
				e := newEncoder(encoder())
				if _, err := e.append(nil, []byte("x"), new(window.Window), 0); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(heap()-before), "B/encoder")
				runtime.KeepAlive(e)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
