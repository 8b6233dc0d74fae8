package message

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// Sixteen messages that have arrived with one read, found one after the other.
func BenchmarkReader(b *testing.B) {
	for side, reads := range sides {
		for name, first := range map[string]byte{"binary": fin | binaryFrame, "text": fin | text} {
			for _, size := range []int{125, 1024} {
				burst := bytes.Repeat(wire(reads, first, repeat("a", size)), 16)
				b.Run(fmt.Sprintf("%s/%s,len=%d", side, name, size), func(b *testing.B) {
					r := newReader(reads, false, false)
					b.SetBytes(int64(len(burst)))
					b.ReportAllocs()
					for b.Loop() {
						r.Add(burst)
						for range 16 {
							if ok, err := r.Next(); !ok || err != nil {
								b.Fatal(ok, err)
							}
						}
						r.Release()
					}
				})
			}
		}
	}
}

// A message of 1 MiB in one frame and in fragments, as it arrives.
func BenchmarkNextMessage(b *testing.B) {
	whole := wire(frame.Server, fin|binaryFrame, repeat("a", 1<<20))
	fragments := wire(frame.Server, binaryFrame, "")
	for range 1 << 10 {
		fragments = append(fragments, wire(frame.Server, continuation, repeat("a", 1<<10))...)
	}
	fragments = append(fragments, wire(frame.Server, fin|continuation, "")...)
	for name, bytes := range map[string][]byte{"whole": whole, "fragments": fragments} {
		b.Run(name, func(b *testing.B) {
			r := newReader(frame.Server, false, false)
			b.SetBytes(int64(len(bytes)))
			b.ReportAllocs()
			for b.Loop() {
				for rest := bytes; len(rest) > 0; {
					n := copy(r.Space(ChunkSize), rest)
					r.Arrived(n)
					rest = rest[n:]
					if ok, err := r.NextMessage(1 << 20); ok != (len(rest) == 0) || err != nil {
						b.Fatal(ok, err)
					}
				}
				r.Release()
			}
		})
	}
}
