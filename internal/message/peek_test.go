package message

import (
	"fmt"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// PeekClose finds a Close frame that has not been read.
func TestPeekClose(t *testing.T) {
	for side, reads := range sides {
		for _, c := range []struct {
			name  string
			parts []part
			read  int // how many events are read before
			code  uint16
			err   error
		}{
			{name: "nothing"},
			{name: "no Close", parts: []part{{fin | text, "Hello"}, {text, "Hel"}}},
			{name: "alone", parts: []part{{fin | closeFrame, payloadOfClose(1001, "bye")}}, code: 1001},
			{name: "behind others", parts: []part{{fin | text, "a"}, {fin | ping, ""}, {fin | binaryFrame, repeat("b", 70_000)}, {fin | closeFrame, payloadOfClose(1000, "")}}, code: 1000},
			{name: "behind one that was read", parts: []part{{fin | text, "a"}, {fin | closeFrame, payloadOfClose(1000, "")}}, read: 1, code: 1000},
			{name: "behind a frame that was begun", parts: []part{{fin | text, repeat("a", 100_000)}, {fin | closeFrame, payloadOfClose(1000, "")}}, read: 1, code: 1000},
			{name: "behind a violation of the order", parts: []part{{fin | continuation, ""}, {fin | closeFrame, payloadOfClose(1000, "")}}, code: 1000},
			{name: "behind a violation", parts: []part{{fin | 3, ""}, {fin | closeFrame, ""}}, err: frame.ErrReservedOpcode},
			{name: "a bad one", parts: []part{{fin | closeFrame, "\x03"}}, err: frame.ErrCloseTooShort},
		} {
			t.Run(side+"/"+c.name, func(t *testing.T) {
				b := join(reads, c.parts...)
				r := newReader(reads, false, false)
				at, found, events := uint64(0), false, 0
				for i := range b {
					r.Add(b[i : i+1])
					for events < c.read && len(b) < 1000 || events < c.read && r.Held() > ChunkSize {
						if ok, err := r.Next(); !ok || err != nil {
							break
						}
						events++
						at = 0
					}
					if len(b) > 1000 && i%1000 != 0 && i < len(b)-10 {
						continue
					}
					e, ok, err := r.PeekClose(&at)
					switch {
					case err != nil:
						if err != c.err {
							t.Fatalf("after %d bytes: %v, want %v", i+1, err, c.err)
						}
						return
					case ok && (i+1 != len(b) || e.Opcode != frame.Close || e.Code != c.code):
						t.Fatalf("after %d of %d bytes: %+v", i+1, len(b), e)
					}
					found = ok
				}
				if found != (c.code != 0) || c.err != nil {
					t.Errorf("found is %v", found)
				}
				if found && c.name != "behind a violation of the order" { // it is still there to be read
					if got := read(t, r, view{name: "NextControl"}, nil, 1); code(got.err) != 0 || got.err == nil {
						t.Errorf("%v", got)
					}
				}
			})
		}
	}
}

// A receive may stop within the Close frame, for example because its context ends. PeekClose
// finds the frame however much of it was read before.
func TestPeekCloseWithinTheFrame(t *testing.T) {
	for side, reads := range sides {
		for _, payload := range []string{"", payloadOfClose(1001, "bye")} {
			t.Run(fmt.Sprintf("%s/%d bytes", side, len(payload)), func(t *testing.T) {
				for n := range wire(reads, fin|closeFrame, payload) {
					peekCloseAfter(t, reads, payload, n)
				}
			})
		}
	}
}

// peekCloseAfter calls PeekClose for a Close frame of which the first n bytes were read.
func peekCloseAfter(t *testing.T, reads frame.Side, payload string, n int) {
	r, b := newReader(reads, false, false), wire(reads, fin|closeFrame, payload)
	for i := range b {
		r.Add(b[i : i+1])
		if i < n {
			if ok, err := r.Next(); ok || err != nil {
				t.Fatalf("Next after %d bytes: %v, %v", i+1, ok, err)
			}
		}
		at := uint64(0)
		e, found, err := r.PeekClose(&at)
		switch last := i+1 == len(b); {
		case err != nil || found != last:
			t.Fatalf("%d of %d bytes, of which %d were read: found is %v, %v", i+1, len(b), n, found, err)
		case found && payloadOfClose(e.Code, e.Reason) != payload:
			t.Fatalf("%+v", e)
		}
	}
	if ok, err := r.Next(); !ok || err != nil || r.Event.Opcode != frame.Close {
		t.Errorf("Next: %v, %v, %+v", ok, err, r.Event)
	}
}

func TestHoldsFrameAndHasBegun(t *testing.T) {
	for side, reads := range sides {
		t.Run(side, func(t *testing.T) {
			r := newReader(reads, false, false)
			for _, step := range []struct {
				name         string
				add          []byte
				read         bool
				holds, begun bool
			}{
				{"nothing", nil, false, false, false},
				{"the first byte of a Ping", []byte{fin | ping}, false, false, false},
				{"the Ping", wire(reads, fin|ping, "")[1:], false, true, false},
				{"the Ping, read", nil, true, false, false},
				{"the first byte of a message", []byte{text}, false, false, true},
				{"all of the frame but a byte", cut(wire(reads, text, "Hello"), 1, 1), false, false, true},
			} {
				r.Add(step.add)
				if step.read {
					if ok, err := r.Next(); !ok || err != nil {
						t.Fatal(step.name, ok, err)
					}
				}
				if r.HoldsFrame() != step.holds || r.HasBegun() != step.begun {
					t.Errorf("%s: HoldsFrame %v, HasBegun %v", step.name, r.HoldsFrame(), r.HasBegun())
				}
			}
			if ok, err := r.Next(); ok || err != nil || !r.HasBegun() || r.HoldsFrame() {
				t.Errorf("within a frame: %v, %v, HasBegun %v, HoldsFrame %v", ok, err, r.HasBegun(), r.HoldsFrame())
			}
			whole := wire(reads, text, "Hello")
			r.Add(whole[len(whole)-1:])
			if !r.HoldsFrame() {
				t.Error("the rest of the frame is there, and is not seen")
			}
			if ok, err := r.Next(); !ok || err != nil || !r.HasBegun() || r.HoldsFrame() {
				t.Errorf("between fragments: %v, %v", ok, err)
			}
			r.Add(wire(reads, fin|continuation, ""))
			if ok, err := r.Next(); !ok || err != nil || r.HasBegun() {
				t.Errorf("at the end: %v, %v", ok, err)
			}
		})
	}
}

// A control frame of which a part has been read is no message.
func TestHasBegunControlFrame(t *testing.T) {
	for side, reads := range sides {
		t.Run(side, func(t *testing.T) {
			r := newReader(reads, false, false)
			b := wire(reads, fin|ping, "12")
			r.Add(b[:len(b)-1])
			if ok, err := r.Next(); ok || err != nil || r.HasBegun() {
				t.Errorf("%v, %v, HasBegun %v", ok, err, r.HasBegun())
			}
		})
	}
}

// cut returns b without some bytes at its ends.
func cut(b []byte, front, back int) []byte { return b[front : len(b)-back] }
