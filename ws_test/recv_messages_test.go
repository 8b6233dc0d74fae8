package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

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
	if raceDetector {
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

// recvWhole receives a whole message.
func recvWhole(t testing.TB, stream *ws.AggregatedStream) ws.Message {
	t.Helper()
	msg, err := stream.Recv(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}
