package ws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestAllBreakLosesNothing(t *testing.T) {
	for name, view := range map[string]func(*ws.MessageStream) view{
		"stream":    func(m *ws.MessageStream) view { return m },
		"aggregate": func(m *ws.MessageStream) view { return m.Aggregate(0) },
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				const n = 100
				var b []byte
				for i := range n {
					b = append(b, masked(fin|opBinary, numberedPayload(i, 500))...)
				}
				p.writeLater(b)
				l := view(p.stream)
				for i := range n {
					for msg, err := range l.All(testContext(t)) {
						if err != nil || !bytes.Equal(msg.Data, numberedPayload(i, 500)) {
							t.Fatalf("message %d is %q, %v", i, clip(msg.Data), err)
						}
						break
					}
				}
			})
		})
	}
}

func TestAllPanicInBody(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		for range 3 { // the first messages are there at once, the last is waited for
			p.send(opText, "trouble")
			func() {
				defer func() {
					if r := recover(); r != "trouble" {
						t.Fatalf("recovered %v", r)
					}
				}()
				for msg, err := range p.stream.All(testContext(t)) {
					if err != nil {
						t.Fatal(err)
					}
					panic(string(msg.Data))
				}
			}()
			p.send(opText, "calm")
			if msg := recvKind(t, p.stream, ws.Text); string(msg.Data) != "calm" {
				t.Fatalf("received %q", msg.Data)
			}
		}
	})
}

// A loop's sequence may be ranged over again, and kept.
func TestAllSequenceCarriesOn(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		all := p.stream.All(testContext(t))
		for _, want := range []string{"one", "two", "three"} {
			p.send(opText, want)
			for msg, err := range all {
				if err != nil || string(msg.Data) != want {
					t.Fatalf("received %q, %v; want %q", msg.Data, err, want)
				}
				break
			}
		}
	})
}

func TestAllEndsAfterClose(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.write(append(masked(fin|opText, nil), closeFrame(1000)...))
		var kinds []ws.Kind
		for msg, err := range p.stream.All(testContext(t)) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, msg.Kind)
		}
		if len(kinds) != 2 || kinds[1] != ws.Close {
			t.Fatalf("received %v", kinds)
		}
		for msg, err := range p.stream.All(testContext(t)) {
			t.Fatalf("afterwards received %v, %v", msg.Kind, err)
		}
	})
}

// A loop goes on receiving after the session is closed.
func TestAllAfterSessionIsClosed(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		got := make(chan ws.Message, 10)
		go func() {
			defer close(got)
			for msg, err := range p.stream.Aggregate(0).All(context.Background()) {
				if err != nil {
					t.Errorf("the loop got %v", err)
				}
				got <- msg.Clone()
			}
		}()
		p.send(opText, "before")
		await(t, got, "the first message")
		if err := p.session.Close(ws.CloseReason{Code: ws.CloseGoingAway}); err != nil {
			t.Fatal(err)
		}
		p.expect(opClose, string(closePayload(1001, "")))
		long := string(mixedText(150_000))
		p.writeLater(append(fragmented(opText, long, long), closeFrame(1001)...))
		if msg := await(t, got, "the long message"); string(msg.Data) != long+long {
			t.Fatalf("received %v of %d bytes", msg.Kind, len(msg.Data))
		}
		if msg := await(t, got, "the Close message"); msg.Kind != ws.Close || msg.Reason.Code != 1001 {
			t.Fatalf("received %v %v", msg.Kind, msg.Reason)
		}
		if msg, open := <-got; open {
			t.Fatalf("received %v after the Close message", msg.Kind)
		}
	})
}

// A loop ends with its context although there is more to read.
func TestAllEndsWithContext(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connectUnix(t, "unix", &ws.Upgrader{}, nil)
		p.write(bytes.Repeat(masked(fin|opBinary, make([]byte, 100)), 1000))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range p.stream.All(ctx) {
			if err != nil {
				if err != context.Canceled {
					t.Errorf("the loop ended with %v", err)
				}
				break
			}
			cancel()
			n++
		}
		if n > 900 { // more than one read brings
			t.Errorf("received %d messages before the loop ended", n)
		}
	})
}

// What arrived while nobody received is still delivered: a client may send all it has,
// call Close, and only then receive the answers.
func TestCloseReceivedLater(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		p.write(append(masked(fin|opText, []byte("answer")), closeFrame(4000)...))
		p.expectClose(4000)
		expectSessionEnd(t, p.session, ws.ErrClosed)
		if msg := recvKind(t, p.stream, ws.Text); string(msg.Data) != "answer" {
			t.Fatalf("received %q", msg.Data)
		}
		if msg := recvKind(t, p.stream, ws.Close); msg.Reason.Code != 4000 {
			t.Fatalf("received %v", msg.Reason)
		}
		if msg, err := p.stream.Recv(t.Context()); err != io.EOF {
			t.Fatalf("then received %v, %v", msg.Kind, err)
		}
	})
}

// A loop whose body sends must not miss an end that follows the data directly.
func TestAllNoticesEndAfterMessage(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for name, end := range map[string]func(*client){
			"FIN": func(c *client) { _ = tcpConn(c.conn).CloseWrite() },
			"RST": resetConn,
		} {
			t.Run(name, func(t *testing.T) {
				for range 40 {
					p := on.connect(t, &ws.Upgrader{})
					ended := make(chan error, 1)
					go func() {
						for msg, err := range p.stream.All(context.Background()) {
							if err != nil {
								ended <- err
								return
							}
							_ = p.session.Send(context.Background(), msg)
						}
						ended <- nil
					}()
					for range 3 {
						p.send(opText, "echo")
						p.expect(opText, "echo")
					}
					p.send(opText, "the last")
					end(p.client)
					if err := await(t, ended, "the loop's end"); !isLost(err) && !errors.Is(err, ws.ErrClosed) {
						t.Fatalf("the loop ended with %v", err)
					}
					p.conn.Close()
					await(t, p.session.Done(), "the session's end")
				}
			})
		}
	})
}
