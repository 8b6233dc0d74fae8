package message

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// The rest of a compressed message that is too big is inflated only if the next one
// may refer to it.
func TestNextMessageTooBigIsNotInflated(t *testing.T) {
	b := join(frame.Server,
		part{rsv1 | text, "\x00\x06\x00\xf9\xffHello\xc3"}, // and half a character
		part{continuation, "\xff\xff is not deflate data"}, part{continuation, "\xff"}, part{fin | continuation, "\xff"},
		part{fin | text, "next"}, part{fin | rsv1 | text, helloCompressed})
	for takeover, want := range map[bool]string{
		false: "[too-big 1(6e657874) too-big] more",
		true:  "[too-big] 1007",
	} {
		for _, sizes := range everySize {
			r := newReader(frame.Server, true, takeover)
			got := read(t, r, view{"NextMessage", 4}, b, sizes...)
			if s := sprint(got); s != want {
				t.Errorf("takeover %v, sizes %v: %s, want %s", takeover, sizes, s, want)
			}
		}
	}
}

// A message that is too big is found by the header that shows it, and reported once.
func TestNextMessageTooBigByHeader(t *testing.T) {
	for name, c := range map[string]struct {
		parts []part
		drop  int // bytes at the end that have not arrived
		want  string
	}{
		"whole":               {[]part{{fin | text, "Hello"}}, 5, "[too-big] more"},
		"a fragment":          {[]part{{text, "Hel"}, {continuation, "lo"}}, 2, "[too-big] more"},
		"inside a frame":      {[]part{{binaryFrame, repeat("a", 70_000)}, {fin | continuation, ""}, {fin | text, "next"}}, 0, "[too-big 1(6e657874)] more"},
		"one after the other": {[]part{{fin | text, "Hello"}, {text, "Hello"}, {fin | continuation, "Hello"}, {fin | text, "next"}}, 0, "[too-big too-big 1(6e657874)] more"},
		"but for a control":   {[]part{{fin | ping, "Hello"}}, 1, "[] more"},
		"as long as it may":   {[]part{{text, "He"}, {fin | continuation, "ll"}}, 0, "[1(48656c6c)] more"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, sizes := range everySize {
				b := join(frame.Client, c.parts...)
				got := read(t, newReader(frame.Client, false, false), view{"NextMessage", 4}, b[:len(b)-c.drop], sizes...)
				if s := sprint(got); s != c.want {
					t.Errorf("sizes %v: %s, want %s", sizes, s, c.want)
				}
			}
		})
	}
}

// Next has returned the beginning of a message: its rest is neither a message nor
// too big.
func TestNextMessageAfterNext(t *testing.T) {
	r := newReader(frame.Server, false, false)
	r.Add(wire(frame.Server, text, "Hello"))
	if ok, err := r.Next(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	b := join(frame.Server, part{continuation, "Hello"}, part{fin | continuation, "Hello"}, part{fin | text, "next"})
	if got := sprint(read(t, r, view{"NextMessage", 4}, b, 1)); got != "[1(6e657874)] more" {
		t.Error(got)
	}
}

// A message that was begun with a higher limit, and is longer than the new one.
func TestNextMessageLowerLimit(t *testing.T) {
	r := newReader(frame.Server, false, false)
	r.Add(wire(frame.Server, text, "Hello"))
	if ok, err := r.NextMessage(10); ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := sprint(read(t, r, view{"NextMessage", 4}, wire(frame.Server, fin|continuation, ""), 1)); got != "[too-big] more" {
		t.Error(got)
	}
}

// A frame that begins in the inbox, behind one that was read directly, and makes the
// message too big: what follows is not read into the message, which is gone.
func TestNextMessageAfterTooBig(t *testing.T) {
	r := newReader(frame.Server, false, false)
	half := repeat("a", 100_000)
	first, second := wire(frame.Server, binaryFrame, half), wire(frame.Server, fin|continuation, half)
	r.Add(first[:50_000])
	if ok, err := r.NextMessage(150_000); ok || err != nil || !r.readsDirectly() {
		t.Fatal(ok, err)
	}
	r.Add(first[50_000:])
	r.Add(second[:ChunkSize+14])
	if ok, err := r.NextMessage(150_000); ok || err != ErrTooBig {
		t.Fatal(ok, err)
	}
	if got := sprint(read(t, r, view{"NextMessage", 150_000}, append(second[ChunkSize+14:], wire(frame.Server, fin|text, "next")...), 10_000)); got != "[1(6e657874)] more" {
		t.Error(got)
	}
}

func TestNextMessageAfterDetach(t *testing.T) {
	r := newReader(frame.Server, false, false)
	b := wire(frame.Server, binaryFrame, repeat("a", 100_000))
	b = append(b, wire(frame.Server, fin|continuation, "")...)
	r.Add(b[:50_000])
	if ok, err := r.NextMessage(1 << 20); ok || err != nil {
		t.Fatal(ok, err)
	}
	r.Detach()
	r.Add(b[50_000:60_000])
	if r.Held() != 10_000 {
		t.Errorf("%d bytes are held, want 10,000", r.Held())
	}
	if got := read(t, r, view{"NextMessage", 1 << 20}, b[60_000:], 10_000); len(got.items) != 1 || got.items[0] != item(frame.Binary, repeat("a", 100_000), 0, "", 0) {
		t.Errorf("%v", got)
	}
}

// What has been inflated of a chunk that is not full stays, though no event has
// returned it.
func TestDetachKeepsInflated(t *testing.T) {
	long := stored(noise)
	b := wire(frame.Server, fin|rsv1|binaryFrame, long)
	for _, v := range []view{{name: "Next"}, {"NextMessage", 1 << 20}} {
		r := newReader(frame.Server, true, false)
		var got transcript
		for rest := bytes.Clone(b); len(rest) > 0; {
			n := min(len(rest), 10_000)
			r.Add(rest[:n])
			rest = rest[n:]
			got.readAll(t, r, v)
			r.Detach()
			r.Event = Event{}
		}
		if len(got.items) != 1 || got.items[0] != item(frame.Binary, noise, 0, "", 0) {
			t.Errorf("%s: %v", v.name, got)
		}
	}
}

// Next drops what NextMessage has of a message, which NextMessage then does not return
// without the part that Next has returned.
func TestNextMessageAfterPartByNext(t *testing.T) {
	r := newReader(frame.Server, false, false)
	r.Add(wire(frame.Server, text, "one "))
	if ok, err := r.NextMessage(100); ok || err != nil {
		t.Fatal(ok, err)
	}
	r.Add(wire(frame.Server, continuation, "two "))
	if ok, err := r.Next(); !ok || err != nil || string(r.Event.Data) != "two " {
		t.Fatal(ok, err, r.Event)
	}
	b := join(frame.Server, part{fin | continuation, "three"}, part{fin | text, "next"})
	if got := sprint(read(t, r, view{"NextMessage", 100}, b, 1)); got != "[1(6e657874)] more" {
		t.Error(got)
	}
}

// A Reader is idle again when an assembled message is no longer in use.
func TestNextMessageThenIdle(t *testing.T) {
	r := newReader(frame.Server, false, false)
	r.Add(join(frame.Server, part{text, "Hel"}, part{fin | continuation, "lo"}))
	if ok, err := r.NextMessage(10); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := r.NextMessage(10); ok || err != nil {
		t.Fatal(ok, err)
	}
	if r.Event = (Event{}); !r.Idle() {
		t.Error("not idle")
	}
}

// sprint is a transcript in one line.
func sprint(s transcript) string { return fmt.Sprintf("%v %s", s.items, describe(s.err)) }
