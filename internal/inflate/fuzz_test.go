package inflate

import (
	"bytes"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

func FuzzInflate(f *testing.F) {
	for _, c := range valid {
		f.Add(unhex(c.message), []byte("3 Hello"), true)
	}
	for _, c := range invalids {
		f.Add(c.message, []byte("\x00"), false)
	}
	f.Add(deflatetest.FarMatch(512), []byte("\x80\x80"), false)
	f.Fuzz(func(t *testing.T, message, history []byte, takeover bool) {
		if len(message) > 1<<11 {
			return
		}
		sizes := sizesFrom(history)
		if !takeover {
			history = nil
		}
		in := newDecoder(true, 15)
		in.window.Add(history)
		got, err := in.piecewise(t, message, sizes, sizes)
		want, ok := deflatetest.StandardAccepts(message, history)
		if (err == nil) != ok || ok && !bytes.Equal(got, want) || !bytes.HasPrefix(want, got) {
			t.Errorf("%x: %d bytes, %v; the standard library says %d, %v", message, len(got), err, len(want), ok)
		}
		if len(message) > 300 {
			return // too slow
		}
		want, _, ok = deflatetest.Naive(message, history)
		if (err == nil) != ok || ok && !bytes.Equal(got, want) || !bytes.HasPrefix(want, got) {
			t.Errorf("%x: %d bytes, %v; the naive inflater says %d, %v", message, len(got), err, len(want), ok)
		}
	})
}

// sizesFrom returns a function whose results, from 1 to 1 KiB, come from b, but
// for a bomb's sake not for ever.
func sizesFrom(b []byte) func() int {
	i := 0
	return func() int {
		if len(b) == 0 {
			return 1000
		}
		i++
		n := int(b[i%len(b)])
		switch {
		case i > 2000:
			return 1 << 16
		case n >= 128:
			return 8 * (n - 127)
		}
		return 1 + n
	}
}
