package message

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/inflate"
)

// The first bytes of frames.
const (
	fin  = 0x80
	rsv1 = frame.RSV1

	continuation = byte(frame.Continuation)
	text         = byte(frame.Text)
	binaryFrame  = byte(frame.Binary)
	closeFrame   = byte(frame.Close)
	ping         = byte(frame.Ping)
	pong         = byte(frame.Pong)
)

// sides are the two that can read.
var sides = map[string]frame.Side{"server": frame.Server, "client": frame.Client}

// wire returns a frame as the given side reads it.
func wire(side frame.Side, first byte, payload string) []byte {
	b := frame.Append(nil, frame.Opcode(first&0x0F), first&fin != 0, len(payload))
	b[0] = first
	if side == frame.Client {
		return append(b, payload...)
	}
	b[1] |= 0x80
	b = append(b, 0x37, 0xfa, 0x21, 0x3d)
	masked := []byte(payload)
	frame.Mask(masked, frame.Key(binary.LittleEndian.Uint32(b[len(b)-4:])))
	return append(b, masked...)
}

// part is a frame to be.
type part struct {
	first   byte
	payload string
}

func join(side frame.Side, parts ...part) (b []byte) {
	for _, p := range parts {
		b = append(b, wire(side, p.first, p.payload)...)
	}
	return b
}

// payloadOfClose is what a Close frame carries.
func payloadOfClose(code uint16, reason string) string {
	return string(frame.AppendClose(nil, code, reason))
}

// view is one of the three ways to read.
type view struct {
	name  string
	limit int // of NextMessage
}

func (v view) next(r *Reader) (bool, error) {
	switch v.name {
	case "Next":
		return r.Next()
	case "NextControl":
		return r.NextControl()
	}
	return r.NextMessage(v.limit)
}

// transcript is what a Reader has made of its bytes. The parts of a message are put
// together, whatever their number.
type transcript struct {
	items []string
	open  string // what Next has returned of a message without an end
	err   error  // the last one, but for ErrTooBig
	after func() // is called after each event, if not nil
}

func (s transcript) String() string {
	return fmt.Sprintf("%s, open %d bytes, err %v", strings.Join(s.items, " "), len(s.open), s.err)
}

// item is how an event is written down. at is how much of the open message came
// before a control frame.
func item(opcode frame.Opcode, data string, code uint16, reason string, at int) string {
	if len(data) > 40 {
		data = fmt.Sprintf("%x...%d", data[:20], len(data)) + fmt.Sprintf("%x", data[len(data)-20:])
	}
	if opcode.Control() {
		return fmt.Sprintf("%x(%x,%d,%q)@%d", byte(opcode), data, code, reason, at)
	}
	return fmt.Sprintf("%x(%x)", byte(opcode), data)
}

const tooBigItem = "too-big"

// readAll takes down events until more bytes are needed or an error stays.
func (s *transcript) readAll(t testing.TB, r *Reader, v view) {
	for s.err == nil {
		ok, err := v.next(r)
		switch {
		case err == ErrTooBig:
			s.items = append(s.items, tooBigItem)
		case err != nil:
			if ok {
				t.Fatalf("an event and %v", err)
			}
			s.err = err
		case !ok:
			return
		default:
			s.add(t, &r.Event, v)
			if s.after != nil {
				s.after()
			}
		}
	}
}

func (s *transcript) add(t testing.TB, e *Event, v view) {
	switch data := string(e.Data); {
	case e.Opcode.Control():
		s.items = append(s.items, item(e.Opcode, data, e.Code, e.Reason, len(s.open)))
	case v.name != "Next" && !(e.First && e.Last):
		t.Fatalf("a part of a message by %s: %+v", v.name, e)
	case v.name == "Next" && len(e.Data) > ChunkSize:
		t.Fatalf("a part of %d bytes", len(e.Data))
	case e.First && s.open != "":
		t.Fatal("a message inside another")
	default:
		if s.open += data; e.Last {
			s.items = append(s.items, item(e.Opcode, s.open, 0, "", 0))
			s.open = ""
		}
	}
}

// read has a Reader read b in parts of the given sizes, again and again, and after
// each of them all that there is.
func read(t testing.TB, r *Reader, v view, b []byte, sizes ...int) (s transcript) {
	for i := 0; len(b) > 0; i++ {
		space := r.Space(1 << 12)
		n := copy(space, b[:min(len(b), max(1, sizes[i%len(sizes)]))])
		r.Arrived(n)
		b = b[n:]
		s.readAll(t, r, v)
		if i%3 == 0 {
			_ = r.Space(100)
			r.Release() // as a read does that finds nothing
		}
	}
	s.readAll(t, r, v)
	return s
}

// newReader returns a Reader, with a decoder if messages may be compressed.
func newReader(side frame.Side, compression, takeover bool) *Reader {
	r := &Reader{Side: side}
	if compression {
		d := inflate.New(1<<15, takeover)
		r.Decoder = &d
	}
	return r
}

// code is the close code of an error, 0 for one that has none.
func code(err error) uint16 {
	if v, ok := err.(*frame.Violation); ok {
		return v.Code
	}
	return 0
}

// describe is how a transcript's end is written down.
func describe(err error) string {
	switch err {
	case nil:
		return "more"
	case io.EOF:
		return "EOF"
	}
	return fmt.Sprint(code(err))
}

var everySize = [][]int{{1}, {2}, {3, 1}, {7}, {1, 100}, {125}, {4096}, {1 << 20}}

func repeat(s string, n int) string { return string(bytes.Repeat([]byte(s), n)) }
