package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
	"testing"
)

// standardReader is for standardInflate, which is called too often to make one.
var standardReader = flate.NewReader(nil)

// standardInflate inflates a message that follows history with the standard
// library, which wants to see final blocks: each of them begins another stream
// here. ending is put behind the message in place of what its sender removed.
func standardInflate(message, history []byte, ending string) (inflated []byte, ok bool) {
	all := slices.Clone(history)
	in := bytes.NewReader(append(slices.Clone(message), ending...))
	r := standardReader
	for in.Len() > 0 {
		if err := r.(flate.Resetter).Reset(in, all[max(0, len(all)-1<<15):]); err != nil {
			panic(err)
		}
		out, err := io.ReadAll(r)
		all = append(all, out...)
		if err != nil {
			return all[len(history):], false
		}
	}
	return all[len(history):], true
}

const (
	ended     = "\x00\x00\xff\xff\x01\x00\x00\xff\xff" // the tail, and a final block
	endedToo  = "\x00\x00\xff\xff\x03\x00"             // the same with another one
	untouched = "\x03\x00"                             // for messages that end between blocks
)

// standardAccepts is standardInflate for messages that can end in any way that
// is allowed. Bytes that were added are never taken for contents.
func standardAccepts(message, history []byte) (inflated []byte, ok bool) {
	out, ok := standardInflate(message, history, ended)
	again, okToo := standardInflate(message, history, endedToo)
	if ok && okToo && bytes.Equal(out, again) {
		return out, true
	}
	if between, ok := standardInflate(message, history, untouched); ok && aligned(message, history, between) {
		return between, true
	}
	return out, false
}

// aligned reports whether the message ends with a byte: then a stored block can
// follow, which begins there, whatever the bits before it.
func aligned(message, history, inflated []byte) bool {
	out, ok := standardInflate(message, history, "\x00\x01\x00\xfe\xff*\x03\x00")
	return ok && bytes.Equal(out, append(slices.Clone(inflated), '*'))
}

func FuzzInflate(f *testing.F) {
	for _, c := range valid {
		f.Add(unhex(c.message), []byte("3 Hello"), true)
	}
	for _, c := range invalids {
		f.Add(c.message, []byte("\x00"), false)
	}
	f.Add(farMatch(512), []byte("\x80\x80"), false)
	f.Fuzz(func(t *testing.T, message, history []byte, takeover bool) {
		if len(message) > 1<<11 {
			return
		}
		sizes := sizesFrom(history)
		if !takeover {
			history = nil
		}
		in := newInflater(true, 15)
		in.window.Add(history)
		got, err := in.piecewise(t, message, sizes, sizes)
		want, ok := standardAccepts(message, history)
		if (err == nil) != ok || ok && !bytes.Equal(got, want) || !bytes.HasPrefix(want, got) {
			t.Errorf("%x: %d bytes, %v; the standard library says %d, %v", message, len(got), err, len(want), ok)
		}
		if len(message) > 300 {
			return // too slow
		}
		want, _, ok = naiveInflate(message, history)
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
