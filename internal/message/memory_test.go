package message

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"testing"
	"unsafe"

	"github.com/handset-go/handset/internal/frame"
)

// raced is set when the race detector is on, with which pools forget some of
// what they are given.
var raced bool

func TestReaderAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("pools forget")
	}
	for name, c := range map[string]struct {
		parts []part
		view  view
	}{
		"short messages":            {[]part{{fin | text, "Hello"}, {fin | binaryFrame, "\x00"}}, view{name: "Next"}},
		"a ping":                    {[]part{{fin | ping, "1"}}, view{name: "Next"}},
		"a long message":            {[]part{{fin | text, repeat("a", 200_000)}}, view{name: "Next"}},
		"fragments put together":    {[]part{{text, "Hel"}, {continuation, ""}, {fin | continuation, "lo"}}, view{"NextMessage", 10}},
		"a long message whole":      {[]part{{fin | text, repeat("a", 200_000)}}, view{"NextMessage", 200_000}},
		"a message that is too big": {[]part{{text, repeat("a", 2000)}, {fin | continuation, repeat("a", 2000)}}, view{"NextMessage", 3000}},
		"a compressed message":      {[]part{{fin | rsv1 | text, helloCompressed}}, view{name: "Next"}},
		"messages discarded":        {[]part{{fin | text, "Hello"}, {fin | rsv1 | text, helloCompressed}}, view{name: "NextControl"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := join(frame.Server, c.parts...)
			said := make([]byte, len(b))
			r := newReader(frame.Server, true, false)
			if n := testing.AllocsPerRun(100, func() {
				for rest := said[:copy(said, b)]; len(rest) > 0; rest = rest[min(len(rest), 50_000):] {
					r.Add(rest[:min(len(rest), 50_000)])
					for {
						if ok, err := c.view.next(r); !ok && err != ErrTooBig {
							break
						}
					}
				}
				r.Release()
			}); n > 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// A header announces as much as it likes, and costs nothing.
func TestReaderMemoryGrowsAsBytesArrive(t *testing.T) {
	for name, first := range map[string]byte{"whole": fin | binaryFrame, "fragment": binaryFrame} {
		for _, v := range []view{{name: "Next"}, {"NextMessage", math.MaxInt}} {
			t.Run(name+"/"+v.name, func(t *testing.T) {
				header := append([]byte{first, 0x80 | 127, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF}, 0, 0, 0, 0)
				r := newReader(frame.Server, false, false)
				r.Add(header)
				arrived := 0
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				for arrived < 1<<20 {
					n := min(len(r.Space(1<<20)), 10_000)
					r.Arrived(n)
					arrived += n
					if ok, err := v.next(r); err != nil || ok != (v.name == "Next") && ok {
						t.Fatal(ok, err)
					}
				}
				runtime.ReadMemStats(&after)
				if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
					t.Errorf("%d bytes for %d that have arrived", took, arrived)
				}
			})
		}
	}
}

// The beginning of a message, behind which nothing follows for a while, is held in little
// more memory than it takes, however much was read at once.
func TestReaderHoldsBeginningInLittleMemory(t *testing.T) {
	for _, n := range []int{1, 100, 1000, 3000, 4000, 5000, 10_000, 14_000, 20_000, 70_000, 200_000} {
		for _, size := range []int{4 << 10, 16 << 10, 64 << 10} {
			t.Run(fmt.Sprintf("len=%d,size=%d", n, size), func(t *testing.T) {
				r := newReader(frame.Server, false, false)
				r.Add([]byte{fin | binaryFrame, 0x80 | 127, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0})
				for rest := n; rest > 0; {
					k := min(len(r.Space(size)), rest)
					r.Arrived(k)
					rest -= k
					if ok, err := r.NextMessage(1 << 20); ok || err != nil {
						t.Fatal(ok, err)
					}
				}
				r.Space(size) // nothing to be read
				r.Release()
				if held := cap(r.message.buf.Bytes) + len(r.inbox.Bytes()); held > max(6*n, 256) && held > 4<<10 {
					t.Errorf("%d bytes are held", held)
				}
				if n <= 100 && cap(r.message.buf.Bytes) > 256 {
					t.Errorf("%d bytes are held of %d that have arrived", cap(r.message.buf.Bytes), n)
				}
			})
		}
	}
}

// An idle Reader can be reset for another connection.
func TestReaderReset(t *testing.T) {
	r := newReader(frame.Server, false, false)
	r.MaxFrame = 1000
	b := join(frame.Server, part{fin | text, "Hello"}, part{text, "Hel"}, part{fin | ping, ""}, part{fin | continuation, "lo"})
	idle := map[int]bool{0: true, 11: true} // after how many bytes
	for i := range b {
		r.Event = Event{}
		if r.Idle() != idle[i] {
			t.Errorf("after %d bytes idle is %v", i, r.Idle())
		}
		r.Add(b[i : i+1])
		for {
			ok, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if len(r.Event.Data) > 0 && r.Idle() {
				t.Error("idle while the Data of an event is in use")
			}
		}
		r.Release()
	}
	if r.Event = (Event{}); !r.Idle() {
		t.Fatal("not idle at the end")
	}
	r.Reset()
	if r.Count != (Count{}) || r.MaxFrame != 0 || r.frameState != (frameState{}) || !r.Idle() {
		t.Errorf("after Reset: %+v", r)
	}
	r.Side = frame.Client
	if got := read(t, r, viewOf(-1), wire(frame.Client, fin|text, "Hello"), 3); got.err != nil || len(got.items) != 1 {
		t.Errorf("after Reset: %v", got)
	}
}

func TestReaderDetach(t *testing.T) {
	for name, c := range map[string]struct {
		parts []part
		view  view
	}{
		"of the inbox":       {[]part{{fin | binaryFrame, "Hello"}}, view{name: "Next"}},
		"inflated":           {[]part{{fin | rsv1 | binaryFrame, helloCompressed}}, view{name: "Next"}},
		"put together":       {[]part{{binaryFrame, "Hel"}, {fin | continuation, "lo"}}, view{"NextMessage", 10}},
		"of a control frame": {[]part{{fin | ping, "Hello"}}, view{name: "NextControl"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(frame.Server, true, false)
			r.Add(append(join(frame.Server, c.parts...), wire(frame.Server, fin|ping, "next")...))
			if ok, err := c.view.next(r); !ok || err != nil {
				t.Fatal(ok, err)
			}
			data := r.Event.Data
			r.Detach()
			if ok, err := c.view.next(r); !ok || err != nil || string(r.Event.Data) != "next" {
				t.Errorf("behind: %v, %v, %q", ok, err, r.Event.Data)
			}
			read(t, r, c.view, join(frame.Server, part{text, repeat("x", 3000)}, part{fin | continuation, "x"}, part{fin | rsv1 | text, helloCompressed}), 100)
			if string(data) != "Hello" {
				t.Errorf("the Data has become %q", data)
			}
		})
	}
}

// The capacity of an event's Data is its length.
func TestEventDataCapacity(t *testing.T) {
	b := join(frame.Server, part{fin | binaryFrame, "one"}, part{binaryFrame, "t"}, part{fin | continuation, "wo"}, part{fin | rsv1 | binaryFrame, helloCompressed}, part{fin | ping, "3"})
	for _, v := range []view{{name: "Next"}, {"NextMessage", 10}} {
		r := newReader(frame.Server, true, false)
		r.Add(bytes.Clone(b))
		for {
			ok, err := v.next(r)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if len(r.Event.Data) != cap(r.Event.Data) {
				t.Errorf("%s: %q has a capacity of %d", v.name, r.Event.Data, cap(r.Event.Data))
			}
		}
	}
}

// A Reader is pooled, but every connection within a message has one.
func TestReaderSize(t *testing.T) {
	if n := unsafe.Sizeof(Reader{}); n > 256 {
		t.Errorf("a Reader has %d bytes", n)
	}
}
