package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A frame of up to 64 KiB arrives whole and a longer one in chunks.
func TestRecvCutsLongFramesIntoChunks(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		for _, n := range []int{65535, 65536, 65537, 300_000} {
			payload := mixedText(n)
			p.writeLater(masked(fin|opBinary, payload))
			kinds, got := recvChunks(t, p.stream)
			whole := kinds[0] == ws.Binary
			if !bytes.Equal(got, payload) || whole != (n <= 65536) {
				t.Fatalf("len=%d: received %d bytes as %v", n, len(got), kinds)
			}
		}
	})
}

func TestRecvFragments(t *testing.T) {
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
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				p.write(fragmented(c.first, c.parts...))
				kinds, data := recvChunks(t, p.stream)
				if fmt.Sprint(kinds) != fmt.Sprint(c.want) || string(data) != strings.Join(c.parts, "") {
					t.Fatalf("received %q as %v, want %v", data, kinds, c.want)
				}
			})
		})
	}
}

func TestRecvControlBetweenChunks(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		long := mixedText(200_000)
		p.writeLater(bytes.Join([][]byte{
			masked(opBinary, long), masked(fin|opPing, []byte("1")), masked(fin|opPong, []byte("2")),
			masked(opContinuation, long), masked(fin|opPing, []byte("3")), masked(fin|opContinuation, nil),
		}, nil))
		c := new(conversation)
		for len(c.events) < 4 && c.err == nil {
			c.record(p.stream.Recv(testContext(t)))
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

func TestRecvCloseThenEOF(t *testing.T) {
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
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				p.write(masked(fin|opClose, closePayload(4001, reason.Description)))
				msg, err := receive(p)
				if msg.Kind != ws.Close || msg.Reason != reason || err != io.EOF {
					t.Fatalf("received %v %v, then %v", msg.Kind, msg.Reason, err)
				}
				p.expect(opClose, string(closePayload(4001, ""))) // the code is echoed
				p.expectEnd()
				expectSessionEnd(t, p.session, ws.ErrClosed)
			})
		})
	}
}

func TestRecvKeepsDataUntilNextReceive(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.write(append(masked(fin|opText, []byte("one")), masked(fin|opText, []byte("two"))...))
		one := recvKind(t, p.stream, ws.Text)
		kept := one.Clone()
		_ = append(one.Data, "!!!!!!!!!!!!"...) // must not change what follows
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

// Close reads in the background, which does not count as a receive.
func TestRecvKeepsDataAfterClose(t *testing.T) {
	long := strings.Repeat("data ", 40_000)
	for name, receive := range map[string]func(*testing.T, *pair) ws.Message{
		"frame":   func(t *testing.T, p *pair) ws.Message { return recvKind(t, p.stream, ws.Text) },
		"message": func(t *testing.T, p *pair) ws.Message { return recvWhole(t, p.stream.Aggregate(0)) },
		"loop": func(t *testing.T, p *pair) (last ws.Message) {
			for last = range p.stream.All(testContext(t)) {
				break
			}
			return last
		},
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
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
				p.expectClose(0)
				await(t, p.session.Done(), "the session's end")
				if string(msg.Data) != want {
					t.Fatalf("the data became %q", clip(msg.Data))
				}
			})
		})
	}
}

func TestEchoOfLengthBoundaries(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				p := on.connectOver(t, over, &ws.Upgrader{})
				ended := make(chan error, 1)
				go func() { ended <- echo(p.session, p.stream.Aggregate(2<<20)) }()
				for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 65537, 1 << 20} {
					payload := bytes.Repeat([]byte("é"), n/2+1)[:n-n%2]
					payload = append(payload, bytes.Repeat([]byte("x"), n%2)...)
					p.send(opText, string(payload))
					p.expect(opText, string(payload))
				}
				p.write(masked(fin|opClose, closePayload(4000, "bye")))
				p.expectClose(4000)
				p.expectEnd()
				if err := await(t, ended, "the echo's end"); err != nil {
					t.Fatal(err)
				}
				await(t, p.session.Done(), "the session's end")
				if err := p.session.Err(); !errors.Is(err, ws.ErrClosed) {
					t.Fatal(fmt.Errorf("session ended with %w", err))
				}
			})
		}
	})
}
