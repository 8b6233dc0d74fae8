package inbox

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/buffer"
)

// read is a transport's read of the given size: it takes what fits of b.
func (in *Inbox) read(size int, b []byte) int {
	n := copy(in.Space(size), b)
	in.Arrived(n)
	return n
}

// held is how much memory the Inbox has on loan.
func (in *Inbox) held() int {
	if in.buf == nil {
		return 0
	}
	return cap(in.buf.Bytes)
}

// fill is n bytes whose period is no power of two.
func fill(n int) []byte {
	period := make([]byte, 251)
	for i := range period {
		period[i] = byte(i)
	}
	return bytes.Repeat(period, n/len(period)+1)[:n:n]
}

// An Inbox holds no memory before bytes arrive.
func TestInboxEmpty(t *testing.T) {
	var in Inbox
	in.Release()
	in.Add(nil)
	if in.held() != 0 || len(in.Bytes()) != 0 {
		t.Errorf("%d bytes on loan, %d held", in.held(), len(in.Bytes()))
	}
}

// An empty Inbox holds no memory while the reader waits.
func TestInboxReleasesMemory(t *testing.T) {
	var in Inbox
	in.read(16<<10, fill(100))
	in.Consume(100)
	in.Space(16 << 10)
	in.Release()
	if in.held() != 0 {
		t.Errorf("%d bytes on loan", in.held())
	}
	in.read(16<<10, fill(50))
	if !bytes.Equal(in.Bytes(), fill(50)) {
		t.Errorf("after that %d bytes are held", len(in.Bytes()))
	}
}

// While the reader waits, bytes are held in a buffer that fits.
func TestInboxFitsWhileWaiting(t *testing.T) {
	for _, c := range []struct{ arrived, consumed, want int }{
		{100, 0, 256}, {100, 99, 256}, {5000, 4800, 256}, {5000, 4000, 1 << 10}, {5000, 0, cap(buffer.Get(5000).Bytes)}, {300, 300, 0},
	} {
		t.Run(fmt.Sprintf("arrived=%d,consumed=%d", c.arrived, c.consumed), func(t *testing.T) {
			var in Inbox
			in.read(64<<10, fill(c.arrived))
			in.Consume(c.consumed)
			in.Release()
			if in.held() != c.want {
				t.Errorf("%d bytes on loan, want %d", in.held(), c.want)
			}
			if !bytes.Equal(in.Bytes(), fill(c.arrived)[c.consumed:]) {
				t.Error("the bytes are not the same")
			}
		})
	}
}

// Early bytes are copied and come first.
func TestInboxAdd(t *testing.T) {
	for _, n := range []int{1, 100, 4096, 5000} {
		var in Inbox
		early := fill(n)
		in.Add(early)
		clear(early) // the server's buffer serves another request
		in.read(512, fill(n + 200)[n:])
		if got := in.Bytes(); !bytes.Equal(got, fill(n+200)) {
			t.Errorf("n=%d: %d bytes are held, or others", n, len(got))
		}
	}
}

// Consumed bytes stay valid until the next call of Space.
func TestInboxConsumedBytes(t *testing.T) {
	var in Inbox
	in.read(512, fill(300))
	taken := in.Bytes()[:200]
	in.Consume(200)
	in.Consume(100)
	if !bytes.Equal(taken, fill(200)) || len(in.Bytes()) != 0 {
		t.Errorf("the bytes are not the same, or %d are left", len(in.Bytes()))
	}
}

// A call of Space without Arrived changes nothing.
func TestInboxUnusedSpace(t *testing.T) {
	var in Inbox
	in.read(512, fill(300))
	in.Consume(100)
	for range 3 {
		clear(in.Space(512))
		if !bytes.Equal(in.Bytes(), fill(300)[100:]) {
			t.Fatal("the bytes are not the same")
		}
		in.Release()
	}
}

// Space is never empty and grows with the bytes that have arrived.
func TestInboxSpaceGrows(t *testing.T) {
	for _, size := range []int{1, 512, 16 << 10, 72 << 10} {
		t.Run(fmt.Sprint("size=", size), func(t *testing.T) {
			const total = 300 << 10
			var in Inbox
			for rest := fill(total); len(rest) > 0; {
				if len(in.Space(size)) == 0 {
					t.Fatal("no space")
				}
				if limit := max(4*size, 5*len(in.Bytes()), 256); in.held() > limit {
					t.Fatalf("%d bytes on loan for %d", in.held(), len(in.Bytes()))
				}
				rest = rest[in.read(size, rest):]
			}
			if !bytes.Equal(in.Bytes(), fill(total)) {
				t.Error("the bytes are not the same")
			}
		})
	}
}

// Free drops the bytes.
func TestInboxFree(t *testing.T) {
	var in Inbox
	in.read(512, fill(300))
	in.Consume(10)
	in.Free()
	in.Free()
	if in.held() != 0 || len(in.Bytes()) != 0 {
		t.Errorf("%d bytes on loan, %d held", in.held(), len(in.Bytes()))
	}
}

// With any sequence of reads and waits, every byte is returned once and in order.
func TestInboxRandom(t *testing.T) {
	want := fill(100_000)
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 3))
		var in Inbox
		var got []byte
		size := 1 + rng.IntN(20_000)
		for sent := 0; len(got) < len(want); {
			n := min(1+rng.IntN(1+rng.IntN(30_000)), len(want)-sent)
			if rng.IntN(2) == 0 {
				in.Space(size)
				in.Release()
			}
			if n > 0 {
				sent += in.read(size, want[sent:sent+n])
			}
			k := min(rng.IntN(1+rng.IntN(40_000)), len(in.Bytes()))
			got = append(got, in.Bytes()[:k]...)
			in.Consume(k)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("seed=%d: other bytes came out than went in", seed)
		}
	}
}
