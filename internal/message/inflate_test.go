package message

import (
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// A compressed message that is found too big by its last part has no rest to discard:
// the next one is read.
func TestNextMessageAfterTooBigInflated(t *testing.T) {
	b := join(frame.Server, part{rsv1 | text, helloStored[:7]}, part{fin | continuation, helloStored[7:]},
		part{fin | rsv1 | text, "\x00\x04\x00\xfb\xffnext\x00"})
	for _, takeover := range []bool{false, true} {
		for _, sizes := range everySize {
			got := read(t, newReader(frame.Server, true, takeover), view{"NextMessage", 4}, b, sizes...)
			if s := sprint(got); s != "[too-big 1(6e657874)] more" {
				t.Errorf("takeover %v, sizes %v: %s", takeover, sizes, s)
			}
		}
	}
}

// The limit is that of what is inflated, of which the length of a frame says nothing.
func TestNextMessageCompressedLength(t *testing.T) {
	long := stored(noise)
	for name, parts := range map[string][]part{
		"whole":        {{fin | rsv1 | binaryFrame, long}},
		"in fragments": {{rsv1 | binaryFrame, long[:9]}, {fin | continuation, long[9:]}},
	} {
		for limit, want := range map[int]string{len(noise): item(frame.Binary, noise, 0, "", 0), len(noise) - 1: tooBigItem} {
			got := read(t, newReader(frame.Client, true, false), view{"NextMessage", limit}, join(frame.Client, parts...), 4096)
			if len(got.items) != 1 || got.items[0] != want || got.err != nil {
				t.Errorf("%s, limit %d: %v", name, limit, got)
			}
		}
	}
}

// NextControl goes on with the check of a text that Next has begun.
func TestNextControlChecksText(t *testing.T) {
	for rest, want := range map[string]string{"\xa9": more, "a": invalid} {
		r := newReader(frame.Server, true, false)
		r.Add(wire(frame.Server, text, "\xc3"))
		if ok, err := r.Next(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		got := read(t, r, view{name: "NextControl"}, wire(frame.Server, fin|continuation, rest), 1)
		if len(got.items) != 0 || describe(got.err) != want {
			t.Errorf("%q: %v, want %s", rest, got, want)
		}
	}
}
