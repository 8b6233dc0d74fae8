package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// shapes are ways to send a message of n bytes.
var shapes = []struct {
	name  string
	write func(n int) []byte
}{
	{"one frame", func(n int) []byte { return masked(fin|opBinary, mixedText(n)) }},
	{"two fragments", func(n int) []byte {
		text := string(mixedText(n))
		return fragmented(opBinary, text[:n/2], text[n/2:])
	}},
	{"many fragments", func(n int) []byte {
		text, parts := string(mixedText(n)), []string{""}
		for size := 1 + n/20; len(text) > 0; {
			k := min(size, len(text))
			parts, text = append(parts, text[:k]), text[k:]
		}
		return fragmented(opBinary, append(parts, "")...)
	}},
}

// Messages up to the limit are delivered, longer ones skipped.
func TestAggregateLimit(t *testing.T) {
	for _, limit := range []int{1, 100, 65535, 65536, 65537, 100_000} {
		for _, shape := range shapes {
			t.Run(fmt.Sprintf("limit=%d,%s", limit, shape.name), func(t *testing.T) {
				overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					stream := p.stream.Aggregate(limit)
					var b []byte
					for _, n := range []int{limit, limit + 1, 0, 2*limit + 100_000, limit} {
						b = append(b, shape.write(n)...)
					}
					p.writeLater(b)
					for _, n := range []int{limit, -1, 0, -1, limit} {
						msg, err := stream.Recv(testContext(t))
						if n < 0 {
							if err != ws.ErrMessageTooBig || msg.Kind != 0 || msg.Data != nil {
								t.Fatalf("received %v of %d bytes, %v; want ErrMessageTooBig", msg.Kind, len(msg.Data), err)
							}
						} else if err != nil || msg.Kind != ws.Binary || !bytes.Equal(msg.Data, mixedText(n)) {
							t.Fatalf("received %v of %d bytes, %v; want %d", msg.Kind, len(msg.Data), err, n)
						}
					}
				})
			})
		}
	}
}

func TestAggregateDefaultLimit(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, maxSize := range []int{0, -1} {
			p := on.connect(t, &ws.Upgrader{})
			stream := p.stream.Aggregate(maxSize)
			sent := append(masked(fin|opBinary, make([]byte, 1<<20)), masked(fin|opBinary, make([]byte, 1<<20+1))...)
			p.writeLater(append(sent, masked(fin|opText, []byte("next"))...))
			if msg := recvWhole(t, stream); len(msg.Data) != 1<<20 {
				t.Fatalf("received %d bytes", len(msg.Data))
			}
			if _, err := stream.Recv(testContext(t)); err != ws.ErrMessageTooBig {
				t.Fatalf("received %v", err)
			}
			if msg := recvWhole(t, stream); string(msg.Data) != "next" { // all has been written
				t.Fatalf("then received %v of %d bytes", msg.Kind, len(msg.Data))
			}
		}
	})
}

// announcements are the beginnings of messages whose headers declare a thousand
// bytes or more.
var announcements = map[string][]byte{
	"a short frame":           header(fin|opText, 1001),
	"a long frame":            header(fin|opText, 1<<30),
	"the longest frame":       header(fin|opBinary, 1<<63-1),
	"a short first fragment":  header(opText, 1001),
	"a short second fragment": append(masked(opText, []byte("x")), header(opContinuation, 1000)...),
	"a long second fragment":  append(masked(opText, make([]byte, 900)), header(fin|opContinuation, 70_000)...),
}

// A message whose declared length is too big is refused although nothing follows.
func TestAggregateRefusesDeclaredLength(t *testing.T) {
	for name, b := range announcements {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				p.write(append(b, 1, 2, 3, 4)) // its key, and silence
				stream := p.stream.Aggregate(1000)
				if msg, err := stream.Recv(testContext(t)); err != ws.ErrMessageTooBig {
					t.Fatalf("received %v, %v", msg.Kind, err)
				}
				if err := p.session.Close(ws.CloseReason{}); err != nil {
					t.Fatal(err)
				}
				p.expectClose(1009)
			})
		})
	}
}

func TestAggregateReportsTooBigOnce(t *testing.T) {
	for name, size := range map[string]int{"short": 1001, "long": 200_000} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				stream := p.stream.Aggregate(1000)
				for _, first := range []byte{fin | opBinary, opBinary} {
					frame := masked(first, make([]byte, size))
					head := len(frame) - size
					p.write(frame[:head])
					if msg, err := stream.Recv(testContext(t)); err != ws.ErrMessageTooBig {
						t.Fatalf("received %v, %v", msg.Kind, err)
					}
					rest := frame[head:]
					if first&fin == 0 {
						rest = append(rest, masked(fin|opContinuation, []byte("too late"))...)
					}
					p.writeLater(append(rest, masked(fin|opText, []byte("next"))...))
					if msg := recvWhole(t, stream); string(msg.Data) != "next" {
						t.Fatalf("then received %v %q", msg.Kind, clip(msg.Data))
					}
				}
			})
		})
	}
}

// The header of the second fragment is read alone, so that its payload would be
// read straight to where the message is put together.
func TestAggregateLimitOfSecondFragment(t *testing.T) {
	first, second := masked(opBinary, make([]byte, 70_000)), masked(fin|opContinuation, make([]byte, 1<<20))
	sent := append(append(first, second...), masked(fin|opText, []byte("next"))...)
	c := &conversation{maxMessage: 100_000}
	receiveScript(t, sides, sent, 0, []int{len(first), len(second) - 1<<20, 50_000}, c)
}

func TestAggregateControlFramesPass(t *testing.T) {
	for _, limit := range []int{1000, 3} {
		t.Run(fmt.Sprint("limit=", limit), func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				var b []byte
				for i, part := range []string{"put ", "back ", "together"} {
					first := []byte{opText, opContinuation, fin | opContinuation}[i]
					b = append(b, masked(first, []byte(part))...)
					b = append(b, masked(fin|opPing, []byte(part))...)
				}
				p.write(b)
				stream := p.stream.Aggregate(limit)
				var got []string
				for len(got) < 4 {
					msg, err := stream.Recv(testContext(t))
					if err != nil {
						msg.Data = []byte(err.Error())
					}
					got = append(got, string(msg.Data))
				}
				want := []string{"put ", "back ", "put back together", "together"}
				if limit == 3 {
					want = []string{ws.ErrMessageTooBig.Error(), "put ", "back ", "together"}
				}
				if strings.Join(got, "|") != strings.Join(want, "|") {
					t.Fatalf("received %q, want %q", got, want)
				}
			})
		})
	}
}

// A session closed right after a message that is too big sends code 1009.
func TestCloseAfterTooBigSays1009(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(*pair, *ws.AggregatedStream) error
		code   int
	}{
		{"without a code", func(p *pair, _ *ws.AggregatedStream) error {
			return p.session.Close(ws.CloseReason{})
		}, 1009},
		{"with another code", func(p *pair, _ *ws.AggregatedStream) error {
			return p.session.Close(ws.CloseReason{Code: 4000})
		}, 4000},
		{"after the next message", func(p *pair, stream *ws.AggregatedStream) error {
			if _, err := stream.Recv(context.Background()); err != nil {
				return err
			}
			return p.session.Close(ws.CloseReason{})
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				p.write(append(fragmented(opText, "too ", "big"), masked(fin|opText, []byte("next"))...))
				stream := p.stream.Aggregate(5)
				if _, err := stream.Recv(testContext(t)); err != ws.ErrMessageTooBig {
					t.Fatalf("received %v", err)
				}
				if err := c.answer(p, stream); err != nil {
					t.Fatal(err)
				}
				p.expectClose(c.code)
			})
		})
	}
}

func TestAggregateLoopAfterTooBig(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		var b []byte
		for i := range 10 {
			b = append(b, masked(fin|opText, make([]byte, 50_000*i))...)
			b = append(b, masked(fin|opText, fmt.Append(nil, i))...)
		}
		p.writeLater(append(b, closeFrame(1000)...))
		var tooBig int
		var got []string
		for msg, err := range p.stream.Aggregate(1000).All(testContext(t)) {
			switch {
			case err == ws.ErrMessageTooBig:
				tooBig++
			case err != nil:
				t.Fatal(err)
			case msg.Kind == ws.Text:
				got = append(got, string(msg.Data))
			}
		}
		if want := "|0|1|2|3|4|5|6|7|8|9"; strings.Join(got, "|") != want || tooBig != 9 {
			t.Fatalf("received %q and %d times that it was too big", got, tooBig)
		}
	})
}

func TestAggregateChanEndsWithTooBig(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.send(opText, "short")
		p.send(opText, "too long")
		stream := p.stream.Aggregate(5)
		if msg := await(t, stream.Chan(), "the short message"); string(msg.Data) != "short" {
			t.Fatalf("received %q", msg.Data)
		}
		if msg := await(t, stream.Chan(), "the channel's end"); msg.Kind != 0 || stream.Err() != ws.ErrMessageTooBig {
			t.Fatalf("received %v, and Err says %v", msg.Kind, stream.Err())
		}
		p.expectClose(1009)
	})
}

func TestAggregateFromInsideMessage(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.write(append(fragmented(opText, "seen", " and not", " seen"), masked(fin|opText, []byte("whole"))...))
		recvKind(t, p.stream, ws.FirstText)
		if msg := recvWhole(t, p.stream.Aggregate(5)); string(msg.Data) != "whole" {
			t.Fatalf("received %q", msg.Data)
		}
	})
}
