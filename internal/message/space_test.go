package message

import (
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// readingDirectly returns a Reader that reads a long text straight into a message, and
// what is left of the text's frame.
func readingDirectly(t *testing.T, side frame.Side, payload string) (r *Reader, rest []byte) {
	r = newReader(side, false, false)
	b := wire(side, fin|text, payload)
	r.Add(b[:50_000])
	if ok, err := r.NextMessage(1 << 20); ok || err != nil || !r.readsDirectly() {
		t.Fatal(ok, err, r.readsDirectly())
	}
	return r, b[50_000:]
}

// Text that is read straight into a message is checked as it arrives, before its frame
// is whole.
func TestNextMessageDirectUTF8(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	for side, reads := range sides {
		for name, payload := range map[string]string{
			"a bad byte":             long[:60_000] + "\xff" + long,
			"an end inside a letter": long + "\xc3",
		} {
			t.Run(side+"/"+name, func(t *testing.T) {
				r, rest := readingDirectly(t, reads, payload)
				if name == "a bad byte" {
					rest = rest[:20_000]
				}
				got := read(t, r, view{"NextMessage", 1 << 20}, rest, 3000)
				if got.err != frame.ErrInvalidUTF8 || len(got.items) != 0 || r.Held() != 0 || r.message != (assembly{}) {
					t.Errorf("%v, %d bytes held", got, r.Held())
				}
			})
		}
	}
}

// After NextControl nothing is read into a message any more.
func TestNextControlDirect(t *testing.T) {
	r, rest := readingDirectly(t, frame.Client, strings.Repeat("é", 100_000))
	if ok, err := r.NextControl(); ok || err != nil {
		t.Fatal(ok, err)
	}
	got := read(t, r, view{name: "NextControl"}, append(rest, wire(frame.Client, fin|ping, "1")...), 3000)
	if len(got.items) != 1 || got.err != nil || r.message != (assembly{}) {
		t.Errorf("%v", got)
	}
}
