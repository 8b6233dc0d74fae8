package message

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// FuzzReader has a Reader read what a peer sends, and compares what it makes of it
// with the model, and with what it makes of it when all of it is there at once. The
// input chooses the sizes of the reads, where 0 has the next event detached, and how
// it is read: options are the side, compression, takeover and one of the views, and limits those
// of frames and messages.
func FuzzReader(f *testing.F) {
	for i, c := range conversations {
		for _, side := range sides {
			options := byte(side)
			if c.compressed() {
				options |= 2
			}
			if b := join(side, c.parts...); len(b) < 10_000 {
				f.Add(b, []byte{byte(i), 0, 3}, options|byte(i%4)<<3, byte(i*16))
				f.Add(b, []byte{1}, options, byte(0))
			}
		}
	}
	f.Add(join(frame.Server, part{binaryFrame, repeat("a", 70_000)}, part{fin | continuation, ""}), []byte{200, 1}, byte(0), byte(0x50))
	f.Fuzz(func(t *testing.T, b, sizes []byte, options, limits byte) {
		c := fuzzCase{
			model: model{side: frame.Side(options & 1), compression: options&2 != 0, takeover: options&4 != 0, limit: -1},
			view:  []view{{name: "Next"}, {name: "NextMessage"}, {name: "NextControl"}, {name: "mixed"}}[options>>3&3],
		}
		limitsToTry := [...]int{0, 1, 5, 125, 126, 1000, 65535, 65536}
		c.model.maxFrame = uint64(limitsToTry[limits&7])
		c.view.limit = limitsToTry[limits>>4&7]
		if c.view.name == "NextMessage" {
			c.model.limit = c.view.limit
		}
		if len(b) > 1<<18 || c.model.compression && len(b) > 4096 {
			return // too slow
		}
		c.model.run(b)
		c.check(t, c.read(t, b, sizes))
		c.check(t, c.read(t, b, nil))
	})
}

type fuzzCase struct {
	model model
	view  view
}

// read has a Reader read b in the given sizes, or at once.
func (c *fuzzCase) read(t *testing.T, b, sizes []byte) (s transcript) {
	r := newReader(c.model.side, c.model.compression, c.model.takeover)
	r.MaxFrame = c.model.maxFrame
	kept := keeper{reader: r}
	s.after = kept.keep
	b = bytes.Clone(b)
	if len(sizes) == 0 {
		r.Add(b)
		b = nil
	}
	peeked := false
	for i := 0; len(b) > 0; i++ {
		n := int(sizes[i%len(sizes)])
		switch {
		case n == 0:
			kept.due = true
			n = 1
		case n > 200:
			n = (n - 200) * 1000
		}
		n = copy(r.Space(1<<12), b[:min(len(b), n)])
		r.Arrived(n)
		b = b[n:]
		at := uint64(0)
		_, found, _ := r.PeekClose(&at)
		peeked = peeked || found
		ended := s.err != nil
		c.readAll(t, r, &s, i)
		if !found && !ended && s.err == io.EOF {
			t.Error("a Close frame that came was not seen")
		}
		if n%2 == 0 {
			r.Release()
		}
	}
	c.readAll(t, r, &s, 0)
	if peeked && s.err == nil {
		t.Error("a Close frame was seen that never came")
	}
	kept.check(t)
	c.checkCount(t, r, s)
	return s
}

func (c *fuzzCase) readAll(t *testing.T, r *Reader, s *transcript, i int) {
	v := c.view
	if v.name != "mixed" {
		s.readAll(t, r, v)
		return
	}
	// A transcript is of one view: of mixed ones there are the control frames.
	for j := i; s.err == nil; j++ {
		ok, err := []func() (bool, error){r.Next, func() (bool, error) { return r.NextMessage(v.limit) }}[j%2]()
		if err != nil && err != ErrTooBig {
			s.err = err
		}
		if ok && r.Event.Opcode.Control() {
			s.add(t, &r.Event, v)
		}
		if !ok && err == nil {
			return
		}
	}
}

// check compares with the model.
func (c *fuzzCase) check(t *testing.T, s transcript) {
	if c.view.name != "NextControl" && c.view.name != "mixed" {
		if !c.model.allows(s) {
			t.Errorf("%s: %v, want %v (%d of them for sure, open %d bytes) and %s", c.view.name, s, c.model.items, c.model.sure, len(c.model.payload), c.model.end)
		}
		return
	}
	if c.model.loose {
		return
	}
	control := slices.DeleteFunc(slices.Clone(c.model.items), func(item string) bool { return !strings.Contains(item, "@") })
	same := func(got, want string) bool { return got[:strings.Index(got, "@")] == want[:strings.Index(want, "@")] }
	if !slices.EqualFunc(s.items, control, same) || describe(s.err) != c.model.end {
		t.Errorf("%s: %v, want %v and %s", c.view.name, s, control, c.model.end)
	}
}

// checkCount checks what was counted, and what is left.
func (c *fuzzCase) checkCount(t *testing.T, r *Reader, s transcript) {
	if n := int(r.Count.Frames); !c.model.loose && (n != c.model.frames || int(r.Count.Messages) != c.model.messages) {
		t.Errorf("%+v, want %d frames and %d messages", r.Count, c.model.frames, c.model.messages)
	}
	if s.err != nil && (r.Held() != 0 || r.inflated != nil || r.message != (assembly{})) {
		t.Error("the Reader holds something after the end")
	}
	if s.err == nil && r.Count.Wire > 0 && r.Held() == 0 && r.Idle() && r.HasBegun() {
		t.Error("idle within a message")
	}
}

// keeper keeps the Data of events that were detached.
type keeper struct {
	reader       *Reader
	due          bool // the next event's is to be
	data, copies [][]byte
}

func (k *keeper) keep() {
	if k.due {
		k.due = false
		data := k.reader.Event.Data
		k.data, k.copies = append(k.data, data), append(k.copies, bytes.Clone(data))
		k.reader.Detach()
		k.reader.Event = Event{}
	}
}

func (k *keeper) check(t *testing.T) {
	for i := range k.data {
		if !bytes.Equal(k.data[i], k.copies[i]) {
			t.Error("detached Data has changed")
		}
	}
}
