package message

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// conversation is what a peer sends, and what Next and NextMessage make of it.
type conversation struct {
	name  string
	parts []part
	end   string // as the model's
}

// hello in the forms of RFC 7692 §7.2.3.
const (
	helloCompressed = "\xf2\x48\xcd\xc9\xc9\x07\x00"
	helloStored     = "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"
)

var conversations = []conversation{
	{"nothing", nil, more},
	{"an empty text", []part{{fin | text, ""}}, more},
	{"a text", []part{{fin | text, "Hello"}}, more},
	{"a binary message", []part{{fin | binaryFrame, "\x00\xff"}}, more},
	{"two messages", []part{{fin | text, "Hello"}, {fin | binaryFrame, "\x00"}}, more},
	{"a fragmented text", []part{{text, "Hel"}, {fin | continuation, "lo"}}, more},
	{"a fragmented binary message", []part{{binaryFrame, "\xff"}, {continuation, ""}, {continuation, "\xfe"}, {fin | continuation, ""}}, more},
	{"a character in fragments", []part{{text, "\xf0"}, {continuation, "\x9f\x98"}, {fin | continuation, "\x80"}}, more},
	{"control frames between fragments", []part{{text, "Hel"}, {fin | ping, "1"}, {fin | pong, ""}, {fin | continuation, "lo"}, {fin | pong, "2"}}, more},
	{"a Close without a code", []part{{fin | text, "Hello"}, {fin | closeFrame, ""}}, eof},
	{"a Close with a reason", []part{{fin | closeFrame, payloadOfClose(1001, "bye")}}, eof},
	{"a Close inside a message", []part{{text, "Hel"}, {fin | closeFrame, payloadOfClose(1000, "")}}, eof},
	{"data behind a Close", []part{{fin | closeFrame, payloadOfClose(1000, "")}, {fin | text, "Hello"}, {0xFF, ""}}, eof},
	{"lengths where headers differ", []part{
		{fin | binaryFrame, repeat("a", 125)}, {fin | binaryFrame, repeat("b", 126)}, {fin | text, repeat("c", 65535)},
		{fin | text, repeat("d", 65536)}, {fin | binaryFrame, repeat("e", 65537)}, {fin | ping, repeat("f", 125)},
	}, more},
	{"a frame of several chunks", []part{{fin | text, repeat("é", 100_000)}, {fin | text, "behind"}}, more},
	{"a compressed text", []part{{fin | rsv1 | text, helloCompressed}, {fin | text, "Hello"}}, more},
	{"a compressed text in fragments", []part{{rsv1 | text, helloStored[:7]}, {fin | ping, ""}, {continuation, ""}, {fin | continuation, helloStored[7:]}}, more},
	{"an empty compressed message", []part{{fin | rsv1 | binaryFrame, "\x00"}, {fin | rsv1 | binaryFrame, ""}}, more},
	{"a compressed message of several chunks", []part{{fin | rsv1 | binaryFrame, deflated(repeat("ab", 150_000))}, {fin | rsv1 | text, helloCompressed}}, more},
	{"a compressed message in a long fragment", []part{{rsv1 | binaryFrame, stored(noise)[:9]}, {fin | continuation, stored(noise)[9:]}}, more},

	{"RSV2", []part{{fin | 0x20 | text, ""}}, bad},
	{"RSV1 on a continuation", []part{{text, ""}, {fin | rsv1 | continuation, ""}}, bad},
	{"RSV1 on a Ping", []part{{fin | rsv1 | ping, ""}}, bad},
	{"a reserved opcode", []part{{fin | 3, ""}}, bad},
	{"a fragmented Ping", []part{{ping, ""}}, bad},
	{"a Ping of 126 bytes", []part{{fin | ping, repeat("a", 126)}}, bad},
	{"a continuation of nothing", []part{{fin | continuation, ""}}, bad},
	{"a text inside a text", []part{{text, ""}, {fin | text, ""}}, bad},
	{"a Close of one byte", []part{{fin | closeFrame, "\x03"}}, bad},
	{"a Close with a code that may not be sent", []part{{fin | closeFrame, "\x03\xed"}}, bad},
	{"a Close whose reason is not UTF-8", []part{{fin | closeFrame, "\x03\xe8\xff"}}, invalid},
	{"a text that is not UTF-8", []part{{fin | text, "Hello \xff"}}, invalid},
	{"a text that ends inside a character", []part{{text, "\xc3"}, {fin | continuation, ""}}, invalid},
	{"a text with a bad byte in a fragment", []part{{text, "\xc3"}, {continuation, "\x28"}}, invalid},
	{"data that is not compressed as it says", []part{{fin | rsv1 | binaryFrame, "\xff\xff"}}, "?"},
	{"a compressed text that is not UTF-8", []part{{fin | rsv1 | text, "\x00\x01\x00\xfe\xff\xff\x00"}}, "?"},
}

// deflated compresses a message as RFC 7692 §7.2.1 says.
func deflated(s string) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(w, s)
	_ = w.Flush()
	return string(b.Bytes()[:b.Len()-4])
}

// noise is longer than a chunk, and so is what it is compressed to.
var noise = repeat("0123456789abcdef~", 10_000)

// stored compresses a message into blocks that are not compressed.
func stored(s string) (blocks string) {
	for ; len(s) > 0; s = s[min(len(s), 60_000):] {
		n := min(len(s), 60_000)
		blocks += string([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) + s[:n]
	}
	return blocks + "\x00"
}

// compressed reports whether the conversation needs compression.
func (c *conversation) compressed() bool {
	for _, p := range c.parts {
		if p.first&rsv1 != 0 && p.first&fin == fin && p.first&0x0F != continuation && p.first&0x08 == 0 || p.first == rsv1|text || p.first == rsv1|binaryFrame {
			return true
		}
	}
	return false
}

// A server reads masked frames, and a client unmasked ones.
func TestReaderOfEachSide(t *testing.T) {
	for side, reads := range sides {
		for _, c := range conversations {
			for _, limit := range []int{-1, 1 << 20, 5, 4, 0} {
				t.Run(fmt.Sprintf("%s/%s/limit=%d", side, c.name, limit), func(t *testing.T) {
					b := join(reads, c.parts...)
					want := (&model{side: reads, compression: c.compressed(), limit: limit}).run(b)
					if (limit == -1 || limit == 1<<20) && want.end != c.end {
						t.Errorf("the model says %s, the table %s", want.end, c.end)
					}
					for _, sizes := range everySize {
						if len(b) > 1000 && sizes[0] < 100 {
							continue
						}
						r := newReader(reads, c.compressed(), false)
						if got := read(t, r, viewOf(limit), bytes.Clone(b), sizes...); !want.allows(got) {
							t.Errorf("sizes %v: %v, want %v and %s", sizes, got, want.items, want.end)
						} else if c.end == "?" && limit != 0 && describe(got.err) != invalid {
							t.Errorf("sizes %v: %v", sizes, got.err)
						}
					}
				})
			}
		}
	}
}

// viewOf is NextMessage with a limit, or Next for a negative one.
func viewOf(limit int) view {
	if limit < 0 {
		return view{name: "Next"}
	}
	return view{"NextMessage", limit}
}

// A server refuses unmasked frames, and a client masked ones.
func TestReaderRefusesWrongMasking(t *testing.T) {
	for side, reads := range sides {
		for name, first := range map[string]byte{"text": fin | text, "fragment": binaryFrame, "Ping": fin | ping, "Close": fin | closeFrame} {
			t.Run(side+"/"+name, func(t *testing.T) {
				good := wire(reads, fin|text, "good")
				wrong := wire(frame.Client-reads, first, "")
				r := newReader(reads, false, false)
				got := read(t, r, viewOf(-1), append(good, wrong[:2]...), 1)
				want := map[frame.Side]error{frame.Server: frame.ErrUnmasked, frame.Client: frame.ErrMasked}[reads]
				if got.err != want || code(got.err) != 1002 || len(got.items) != 1 {
					t.Errorf("%v, want the good text and %v", got, want)
				}
			})
		}
	}
}

// RSV1 is refused without compression.
func TestReaderRefusesRSV1(t *testing.T) {
	r := newReader(frame.Server, false, false)
	if got := read(t, r, viewOf(-1), wire(frame.Server, fin|rsv1|text, helloCompressed), 1); got.err != frame.ErrReservedBits {
		t.Errorf("%v, want %v", got, frame.ErrReservedBits)
	}
}

// A frame longer than MaxFrame is refused when its header has arrived.
func TestReaderMaxFrame(t *testing.T) {
	for side, reads := range sides {
		t.Run(side, func(t *testing.T) {
			b := join(reads, part{fin | text, "1234"}, part{fin | ping, "12345"})
			r := newReader(reads, false, false)
			r.MaxFrame = 4
			got := read(t, r, viewOf(-1), b[:len(b)-5], 1)
			if code(got.err) != 1009 || got.err.Error() != "frame of 5 bytes is longer than 4" || len(got.items) != 1 {
				t.Errorf("%v", got)
			}
		})
	}
}

// After an error and after a Close frame a Reader stays as it is, and holds nothing.
func TestReaderErrorIsFinal(t *testing.T) {
	for name, c := range map[string]struct {
		last part
		err  error
	}{
		"violation": {part{fin | text, "\xff"}, frame.ErrInvalidUTF8},
		"Close":     {part{fin | closeFrame, ""}, io.EOF},
	} {
		for _, v := range []view{{name: "Next"}, {"NextMessage", 10}, {name: "NextControl"}} {
			t.Run(name+"/"+v.name, func(t *testing.T) {
				r := newReader(frame.Server, true, true)
				got := read(t, r, v, join(frame.Server, part{rsv1 | binaryFrame, helloStored}, part{fin | continuation, ""}, c.last), 1000)
				for range 3 {
					r.Add(wire(frame.Server, fin|text, "behind"))
					if ok, err := v.next(r); ok || !errors.Is(err, c.err) || err != got.err {
						t.Errorf("%v, %v; want %v again", ok, err, c.err)
					}
					if r.Held() != 0 || r.inflated != nil || r.message != (assembly{}) || r.Idle() {
						t.Error("the Reader holds something, or is idle")
					}
				}
			})
		}
	}
}

// NextControl returns only control frames.
func TestNextControl(t *testing.T) {
	parts := []part{
		{fin | text, "Hello"}, {fin | ping, "1"}, {text, "Hel"}, {fin | pong, "2"}, {fin | continuation, "lo"},
		{fin | rsv1 | text, "\xff\xff is not looked at"}, {fin | rsv1 | text, helloCompressed}, {fin | ping, "3"}, {fin | closeFrame, payloadOfClose(1000, "")},
	}
	want := []string{item(frame.Ping, "1", 0, "", 0), item(frame.Pong, "2", 0, "", 0), item(frame.Ping, "3", 0, "", 0), item(frame.Close, "", 1000, "", 0)}
	for _, takeover := range []bool{false, true} {
		for _, sizes := range everySize {
			r := newReader(frame.Client, true, takeover)
			got := read(t, r, view{name: "NextControl"}, join(frame.Client, parts...), sizes...)
			if fmt.Sprint(got.items) != fmt.Sprint(want) || got.err != io.EOF || r.Count.Messages != 4 || r.Count.Frames != 9 {
				t.Errorf("takeover %v, sizes %v: %v, %+v", takeover, sizes, got, r.Count)
			}
		}
	}
}

// Add has the effect of Space and Arrived.
func TestReaderAdd(t *testing.T) {
	b := join(frame.Server, part{text, "Hel"}, part{fin | continuation, "lo"}, part{fin | binaryFrame, repeat("a", 300_000)})
	for _, limit := range []int{-1, 1 << 20} {
		r := newReader(frame.Server, false, false)
		var got transcript
		for rest := bytes.Clone(b); len(rest) > 0; rest = rest[min(len(rest), 100_000):] {
			r.Add(rest[:min(len(rest), 100_000)])
			got.readAll(t, r, viewOf(limit))
		}
		if want := (&model{limit: limit}).run(b); !want.allows(got) {
			t.Errorf("limit %d: %v, want %v", limit, got, want.items)
		}
	}
}

// Count counts what has been read.
func TestReaderCount(t *testing.T) {
	for side, reads := range sides {
		t.Run(side, func(t *testing.T) {
			b := join(reads, part{text, "Hel"}, part{fin | ping, "1"}, part{fin | continuation, "lo"},
				part{fin | rsv1 | text, helloCompressed}, part{fin | binaryFrame, repeat("a", 70_000)})
			for _, v := range []view{{name: "Next"}, {"NextMessage", 10}, {name: "NextControl"}} {
				r := newReader(reads, true, false)
				read(t, r, v, bytes.Clone(b), 999)
				headers := uint64(len(b) - 3 - 1 - 2 - len(helloCompressed) - 70_000)
				if want := (Count{Messages: 3, Frames: 5, Headers: headers, Wire: uint64(len(b))}); r.Count != want {
					t.Errorf("%s: %+v, want %+v", v.name, r.Count, want)
				}
			}
		})
	}
}

func TestReaderMixedCalls(t *testing.T) {
	long := repeat("a", 200_000)
	b := join(frame.Server, part{binaryFrame, long}, part{fin | continuation, long}, part{fin | text, "whole"}, part{fin | binaryFrame, long})
	r := newReader(frame.Server, false, false)
	r.Add(b[:100_000])
	if ok, err := r.NextMessage(1 << 20); ok || err != nil {
		t.Fatal(ok, err)
	}
	r.Add(b[100_000:150_000]) // straight into the message
	var rest int
	for {
		ok, err := r.Next() // which drops that
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			if len(b) == 0 {
				break
			}
			if rest == 0 {
				b = b[150_000:]
			}
			n := min(len(b), 10_000)
			r.Add(b[:n])
			b = b[n:]
			continue
		}
		if rest += len(r.Event.Data); r.Event.First && r.Event.Last && string(r.Event.Data) != "whole" {
			t.Errorf("%q", r.Event.Data)
		}
	}
	if least, most := 250_000+5+200_000, 350_000+5+200_000; rest < least || rest > most {
		t.Errorf("%d bytes, want %d to %d", rest, least, most)
	}
}

// A message in one frame that has arrived at once gives the same as one of which each byte
// arrives by itself, also in what is counted.
func TestReaderOfWholeMessages(t *testing.T) {
	for name, reads := range sides {
		for _, payload := range []string{"", "a", repeat("a", 125), repeat("é", 63), repeat("a", 65535), repeat("a", 65536)} {
			for _, first := range []byte{fin | text, fin | binaryFrame} {
				t.Run(fmt.Sprintf("%s,first=%x,len=%d", name, first, len(payload)), func(t *testing.T) {
					before, frame := wire(reads, fin|rsv1|text, helloCompressed), wire(reads, first, payload)
					atOnce, byByte := newReader(reads, true, false), newReader(reads, true, false)
					for _, r := range []*Reader{atOnce, byByte} {
						r.Add(before)
						if ok, err := r.Next(); !ok || err != nil {
							t.Fatal(ok, err)
						}
					}
					atOnce.Add(frame)
					ok, err := atOnce.Next()
					for i := range frame {
						byByte.Add(frame[i : i+1])
						if ok, err := byByte.Next(); ok != (i == len(frame)-1) || err != nil {
							t.Fatalf("after %d bytes: %v, %v", i+1, ok, err)
						}
					}
					if !ok || err != nil || string(atOnce.Event.Data) != payload || !reflect.DeepEqual(atOnce.Event, byByte.Event) {
						t.Errorf("%v, %v, %+v; want %+v", ok, err, atOnce.Event, byByte.Event)
					}
					if atOnce.Count != byByte.Count || atOnce.compressed != byByte.compressed {
						t.Errorf("counted %+v, compressed: %v; want %+v, %v", atOnce.Count, atOnce.compressed, byByte.Count, byByte.compressed)
					}
				})
			}
		}
	}
}

// A frame that is longer than a chunk is returned in chunks also if it has arrived at once.
func TestReaderOfLongFrameAtOnce(t *testing.T) {
	r := newReader(frame.Server, false, false)
	r.Add(wire(frame.Server, fin|binaryFrame, repeat("a", ChunkSize+1)))
	for i, want := range []int{ChunkSize, 1} {
		ok, err := r.Next()
		if e := r.Event; !ok || err != nil || len(e.Data) != want || e.First != (i == 0) || e.Last != (i == 1) {
			t.Fatalf("chunk %d: %v, %v, %d bytes, first %v, last %v", i, ok, err, len(e.Data), e.First, e.Last)
		}
	}
}
