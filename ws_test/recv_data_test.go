package ws_test

import (
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

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
