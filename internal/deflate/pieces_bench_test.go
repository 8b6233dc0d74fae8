package deflate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// BenchmarkPieces compresses messages of 16 KiB in pieces, which refer to the
// pieces before.
func BenchmarkPieces(b *testing.B) {
	for _, piece := range []int{200, 1 << 10, 4 << 10} {
		b.Run(fmt.Sprintf("takeover=false,bits=15,level=1,piece=%d", piece), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 18))
			messages := make([][]byte, 16)
			for i := range messages {
				messages[i] = deflatetest.JSON(rng, 17<<10)[:16<<10]
			}
			d := newDeflater(false, 15, 1)
			defer d.Free()
			dst := make([]byte, 0, 17<<10)
			sent, count := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				dst = dst[:0]
				for rest := messages[count%len(messages)]; len(rest) > 0; {
					n := min(piece, len(rest))
					var err error
					if dst, err = d.Append(dst, rest[:n], n == len(rest)); err != nil {
						b.Fatal(err)
					}
					d.Sent(rest[:n], n == len(rest))
					rest = rest[n:]
				}
				sent += len(dst)
				count++
			}
			b.ReportMetric(float64(sent)/float64(count), "wire-B/op")
		})
	}
}
