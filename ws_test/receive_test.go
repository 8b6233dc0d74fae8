package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// borders are the lengths at which headers, and pieces, begin to differ.
var borders = []int{0, 125, 126, 127, 65535, 65536, 65537}

func TestAMessageArrivesTheSameWhateverTheSizesOfTheReads(t *testing.T) {
	for _, way := range piecewiseWays {
		t.Run(way.name, func(t *testing.T) {
			p := way.connect(t)
			for _, n := range borders {
				frame := masked(fin|opText, mixedText(n))
				sizes := way.large
				switch {
				case n <= 127:
					sizes = upTo(len(frame))
				case raced && n != 65536: // under which single bytes take their time
					sizes = slices.DeleteFunc(slices.Clone(sizes), func(size int) bool { return size == 1 })
				}
				for i, size := range sizes {
					c := &conversation{maxMessage: i % 2 * (n + 1)} // pieces, and whole messages
					done := make(chan struct{})
					go func() { defer close(done); p.write(frame, size) }()
					c.listenOnce(t, p.stream)
					<-done
					if got := c.events[0]; got.kind != ws.Text || got.data != string(mixedText(n)) {
						t.Fatalf("len=%d,size=%d,%v: %s", n, size, c, show(c.events, 0))
					}
				}
			}
		})
	}
}

// upTo is 1 to n.
func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

// listenOnce receives one message, whole or piece by piece.
func (c *conversation) listenOnce(t *testing.T, stream *ws.MessageStream) {
	t.Helper()
	var l listener = stream
	if c.maxMessage > 0 {
		l = stream.Aggregate(c.maxMessage)
	}
	for len(c.events) == 0 {
		if c.note(l.Recv(within(t))); c.err != nil {
			t.Fatalf("%v, with %d bytes of the message", c.err, len(c.payload))
		}
	}
}

func TestFragmentsArriveTheSameWhateverTheSizesOfTheReads(t *testing.T) {
	talk := masked(opText, []byte("aé€"))
	talk = append(talk, masked(fin|opPing, []byte("in between"))...)
	talk = append(talk, masked(opContinuation, []byte("\xF0\x9F"))...)
	talk = append(talk, masked(opContinuation, nil)...)
	talk = append(talk, masked(fin|opContinuation, []byte("\x98\x80!"))...)
	for _, way := range piecewiseWays {
		t.Run(way.name, func(t *testing.T) {
			p := way.connect(t)
			for _, size := range upTo(len(talk)) {
				p.write(talk, size)
				c := new(conversation)
				for len(c.events) < 2 && c.err == nil {
					c.note(p.stream.Recv(within(t)))
				}
				want := []event{{kind: ws.Ping, data: "in between", at: 6}, {kind: ws.Text, data: "aé€😀!"}}
				if fmt.Sprint(c.events) != fmt.Sprint(want) {
					t.Fatalf("size=%d: received %v, %v; want %v", size, c.events, c.err, want)
				}
			}
		})
	}
}

func TestRecvLendsItsDataUntilTheNextReceive(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.write(append(masked(fin|opText, []byte("one")), masked(fin|opText, []byte("two"))...))
		one := recvKind(t, p.stream, ws.Text)
		kept := one.Clone()
		_ = append(one.Data, "!!!!!!!!!!!!"...) // must not reach what follows
		if string(one.Data) != "one" {
			t.Fatalf("received %q", one.Data)
		}
		if two := recvKind(t, p.stream, ws.Text); string(two.Data) != "two" {
			t.Fatalf("then received %q", two.Data)
		}
		if string(kept.Data) != "one" {
			t.Fatalf("the clone became %q", kept.Data)
		}
	})
}

// Closing is no receive, though it reads on in the background.
func TestWhatIsLentStaysWhenTheSessionIsClosed(t *testing.T) {
	long := strings.Repeat("lent ", 40_000)
	for name, receive := range map[string]func(*testing.T, *pair) ws.Message{
		"frame":   func(t *testing.T, p *pair) ws.Message { return recvKind(t, p.stream, ws.Text) },
		"message": func(t *testing.T, p *pair) ws.Message { return recvWhole(t, p.stream.Aggregate(0)) },
		"loop": func(t *testing.T, p *pair) (last ws.Message) {
			for last = range p.stream.All(within(t)) {
				break
			}
			return last
		},
	} {
		t.Run(name, func(t *testing.T) {
			overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
				want := long[:1000]
				if name == "message" {
					want = long
				}
				p.writeLater(masked(fin|opText, []byte(want)))
				msg := receive(t, p)
				if err := p.session.Close(ws.CloseReason{}); err != nil {
					t.Fatal(err)
				}
				for range 20 { // to be read in the background
					p.write(masked(fin|opText, []byte(strings.Repeat("over", 1000))))
				}
				p.write(closeFrame(1000))
				await(t, p.session.Done(), "the session's end")
				if string(msg.Data) != want {
					t.Fatalf("what was lent became %q", clip(msg.Data))
				}
			})
		})
	}
}

// recvWhole receives a whole message.
func recvWhole(t testing.TB, stream *ws.AggregatedStream) ws.Message {
	t.Helper()
	msg, err := stream.Recv(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestAFrameOfUpTo64KiBArrivesWholeAndALongerOneInPieces(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		for _, n := range []int{65535, 65536, 65537, 300_000} {
			payload := mixedText(n)
			p.writeLater(masked(fin|opBinary, payload))
			kinds, got := recvPieces(t, p.stream)
			whole := kinds[0] == ws.Binary
			if !bytes.Equal(got, payload) || whole != (n <= 65536) {
				t.Fatalf("len=%d: received %d bytes as %v", n, len(got), kinds)
			}
		}
	})
}

// recvPieces receives the pieces of a message, which must follow each other as
// they should.
func recvPieces(t *testing.T, stream *ws.MessageStream) (kinds []ws.Kind, data []byte) {
	t.Helper()
	for {
		msg, err := stream.Recv(within(t))
		if err != nil {
			t.Fatalf("after %v: %v", kinds, err)
		}
		first := msg.Kind == ws.Text || msg.Kind == ws.Binary || msg.Kind == ws.FirstText || msg.Kind == ws.FirstBinary
		if len(msg.Data) > 64<<10 || first != (len(kinds) == 0) || msg.Kind == ws.Continue && len(msg.Data) == 0 {
			t.Fatalf("after %v: %v of %d bytes", kinds, msg.Kind, len(msg.Data))
		}
		kinds, data = append(kinds, msg.Kind), append(data, msg.Data...)
		if msg.Kind == ws.Text || msg.Kind == ws.Binary || msg.Kind == ws.Last {
			return kinds, data
		}
	}
}

func TestFragmentsArriveAsFirstContinueAndLast(t *testing.T) {
	for _, c := range []struct {
		name  string
		first byte
		parts []string
		want  []ws.Kind
	}{
		{"text", opText, []string{"a", "b", "c"}, []ws.Kind{ws.FirstText, ws.Continue, ws.Last}},
		{"binary", opBinary, []string{"a", "b"}, []ws.Kind{ws.FirstBinary, ws.Last}},
		{"empty fragments", opText, []string{"", "", "a", "", "", ""}, []ws.Kind{ws.FirstText, ws.Continue, ws.Last}},
		{"nothing but empty fragments", opBinary, []string{"", "", ""}, []ws.Kind{ws.FirstBinary, ws.Last}},
		{"a character cut in the middle", opText, []string{"\xE2\x82", "\xAC"}, []ws.Kind{ws.FirstText, ws.Last}},
	} {
		t.Run(c.name, func(t *testing.T) {
			overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
				p.write(fragmented(c.first, c.parts...))
				kinds, data := recvPieces(t, p.stream)
				if fmt.Sprint(kinds) != fmt.Sprint(c.want) || string(data) != strings.Join(c.parts, "") {
					t.Fatalf("received %q as %v, want %v", data, kinds, c.want)
				}
			})
		})
	}
}

// fragmented is a message in the given frames.
func fragmented(op byte, parts ...string) (b []byte) {
	for i, part := range parts {
		first := op
		if i > 0 {
			first = opContinuation
		}
		if i == len(parts)-1 {
			first |= fin
		}
		b = append(b, masked(first, []byte(part))...)
	}
	return b
}

func TestControlMessagesArriveBetweenThePiecesInOrder(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		long := mixedText(200_000)
		p.writeLater(bytes.Join([][]byte{
			masked(opBinary, long), masked(fin|opPing, []byte("1")), masked(fin|opPong, []byte("2")),
			masked(opContinuation, long), masked(fin|opPing, []byte("3")), masked(fin|opContinuation, nil),
		}, nil))
		c := new(conversation)
		for len(c.events) < 4 && c.err == nil {
			c.note(p.stream.Recv(within(t)))
		}
		want := []event{{ws.Ping, "1", ws.CloseReason{}, 200_000}, {ws.Pong, "2", ws.CloseReason{}, 200_000},
			{ws.Ping, "3", ws.CloseReason{}, 400_000}, {kind: ws.Binary, data: string(long) + string(long)}}
		for i := range want {
			if i >= len(c.events) || c.events[i] != want[i] {
				t.Fatalf("event %d is %s, %v; want %s", i, show(c.events, i), c.err, show(want, i))
			}
		}
	})
}

func TestAPingIsAnsweredWithTheSamePayloadAndThenDelivered(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		for _, payload := range []string{"", "hello", "\x00\xFF\x80", strings.Repeat("x", 125)} {
			p.send(opPing, payload)
			if msg := recvKind(t, p.stream, ws.Ping); string(msg.Data) != payload {
				t.Fatalf("delivered %q, want %q", msg.Data, payload)
			}
			p.expect(opPong, payload) // though nothing further is received
		}
	})
}

func TestWithManualPongTheAnswerIsTheApplications(t *testing.T) {
	overAll(t, ws.Upgrader{ManualPong: true}, func(t *testing.T, p *pair) {
		p.send(opPing, "by hand")
		msg := recvKind(t, p.stream, ws.Ping)
		if err := p.session.Text(within(t), "first something else"); err != nil {
			t.Fatal(err)
		}
		if err := p.session.Pong(within(t), msg.Data); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "first something else")
		p.expect(opPong, "by hand")
	})
}

func TestPingsBetweenFragmentsAreAnsweredBeforeTheMessageIsWhole(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		stream := p.stream.Aggregate(0)
		p.write(masked(opText, []byte("first, ")))
		p.send(opPing, "still there?")
		if msg := recvWhole(t, stream); msg.Kind != ws.Ping {
			t.Fatalf("received %v", msg.Kind)
		}
		p.expect(opPong, "still there?")
		p.write(masked(fin|opContinuation, []byte("last")))
		if msg := recvWhole(t, stream); msg.Kind != ws.Text || string(msg.Data) != "first, last" {
			t.Fatalf("received %v %q", msg.Kind, msg.Data)
		}
	})
}

func TestACloseIsDeliveredAndThenTheStreamIsAtItsEnd(t *testing.T) {
	reason := ws.CloseReason{Code: 4001, Description: "that is all, ciào"}
	for name, receive := range map[string]func(*pair) (ws.Message, error){
		"Recv": func(p *pair) (msg ws.Message, err error) {
			if msg, err = p.stream.Recv(context.Background()); err == nil {
				_, err = p.stream.Recv(context.Background())
			}
			return msg, err
		},
		"All": func(p *pair) (last ws.Message, err error) {
			for last, err = range p.stream.All(context.Background()) {
				if err != nil {
					return last, err
				}
			}
			return last, io.EOF
		},
		"Chan": func(p *pair) (last ws.Message, err error) {
			for last = range p.stream.Chan() {
			}
			if err := p.stream.Err(); err != nil {
				return last, err
			}
			return last, io.EOF
		},
	} {
		t.Run(name, func(t *testing.T) {
			overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
				p.write(masked(fin|opClose, closePayload(4001, reason.Description)))
				msg, err := receive(p)
				if msg.Kind != ws.Close || msg.Reason != reason || err != io.EOF {
					t.Fatalf("received %v %v, then %v", msg.Kind, msg.Reason, err)
				}
				p.expect(opClose, string(closePayload(4001, ""))) // the code is echoed
				p.expectEnd()
				expectOver(t, p.session, ws.ErrClosed)
			})
		})
	}
}

func TestSmallMessagesAreReceivedWithoutAllocating(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools forget what they were given: run without -race")
	}
	ending, cancel := context.WithCancel(t.Context())
	defer cancel()
	contexts := map[string]context.Context{"Background": context.Background(), "cancellable": ending}
	frames := map[string][]byte{
		"frame":     masked(fin|opText, []byte("a small message")),
		"fragments": fragmented(opText, "a small ", "message"),
		"ping":      masked(fin|opPing, []byte("a small message")),
	}
	for contextName, ctx := range contexts {
		for frameName, frame := range frames {
			t.Run(frameName+","+contextName, func(t *testing.T) {
				for _, over := range transports[:2] { // crypto/tls allocates for every record
					p := connectOver(t, over, ws.Upgrader{ManualPong: true})
					stream := p.stream.Aggregate(0)
					allocs := testing.AllocsPerRun(300, func() {
						p.write(frame)
						if msg, err := stream.Recv(ctx); err != nil || string(msg.Data) != "a small message" {
							t.Fatalf("received %q, %v", msg.Data, err)
						}
					})
					if allocs != 0 {
						t.Errorf("%s: %v allocations for a message", over.name, allocs)
					}
				}
			})
		}
	}
}
