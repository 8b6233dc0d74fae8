package deflate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// BenchmarkFragments compresses messages of 16 KiB in fragments, which refer to the
// fragments before.
func BenchmarkFragments(b *testing.B) {
	for _, fragment := range []int{200, 1 << 10, 4 << 10} {
		b.Run(fmt.Sprintf("takeover=false,bits=15,level=1,fragment=%d", fragment), func(b *testing.B) {
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
					n := min(fragment, len(rest))
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
