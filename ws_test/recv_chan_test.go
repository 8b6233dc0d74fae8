package ws_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestChanMessagesOwnData(t *testing.T) {
	for name, view := range map[string]func(*ws.MessageStream) view{
		"stream":    func(m *ws.MessageStream) view { return m },
		"aggregate": func(m *ws.MessageStream) view { return m.Aggregate(0) },
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				var b []byte
				for i := range 200 {
					b = append(b, masked(fin|opBinary, numberedPayload(i, 1000))...)
				}
				p.writeLater(append(b, closeFrame(1000)...))
				var all []ws.Message
				for msg := range view(p.stream).Chan() {
					all = append(all, msg)
				}
				if len(all) != 201 || all[200].Kind != ws.Close {
					t.Fatalf("received %d messages", len(all))
				}
				for i, msg := range all[:200] {
					if !bytes.Equal(msg.Data, numberedPayload(i, 1000)) {
						t.Fatalf("message %d became %q", i, clip(msg.Data))
					}
				}
			})
		})
	}
}

func TestChanReturnsOneChannel(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		first, second := p.stream.Chan(), p.stream.Chan()
		if first != second {
			t.Error("a stream has two channels")
		}
		whole := p.stream.Aggregate(0)
		if first, second := whole.Chan(), whole.Chan(); first != second {
			t.Error("an aggregate has two channels")
		}
	})
}

func TestErrAfterChanIsClosed(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*client)
		want func(error) bool
	}{
		{"a Close", func(c *client) { c.write(closeFrame(1000)) }, func(err error) bool { return err == nil }},
		{"a lost connection", resetConn, isLost},
		{"a violation", func(c *client) { c.write([]byte{0xFF}) }, func(err error) bool {
			var failed *ws.ProtocolError
			return errors.As(err, &failed)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				messages := p.stream.Chan()
				p.send(opText, "hello")
				await(t, messages, "the message")
				if err := p.stream.Err(); err != nil {
					t.Fatalf("before the end Err says %v", err)
				}
				c.end(p.client)
				for range messages {
				}
				if err := p.stream.Err(); !c.want(err) {
					t.Fatalf("Err says %v", err)
				}
			})
		})
	}
}

func TestChanReadsAhead16Messages(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		messages := p.stream.Chan()
		p.writeLater(append(bytes.Repeat(masked(fin|opText, make([]byte, 1000)), 99), closeFrame(1000)...))
		synctest.Wait()
		if len(messages) != 16 {
			t.Errorf("%d messages wait in the channel", len(messages))
		}
		go func() { _, _ = io.Copy(io.Discard, p.br) }()
		n := 0
		for range messages {
			n++
		}
		if n != 100 {
			t.Errorf("received %d messages", n)
		}
	})
}

// A synctest bubble ends only when all its goroutines have.
func TestChanGoroutineEndsWithSession(t *testing.T) {
	for name, end := range map[string]func(p *pair){
		"closed here":        func(p *pair) { _ = p.session.Close(ws.CloseReason{}) },
		"closed by the peer": func(p *pair) { go func() { _, _ = p.conn.Write(closeFrame(1000)) }() },
		"lost":               func(p *pair) { p.conn.Close() },
		"failed":             func(p *pair) { go func() { _, _ = p.conn.Write([]byte{0xFF}) }() },
	} {
		for _, unread := range []int{0, 10, 16, 17} {
			t.Run(fmt.Sprintf("%s,unread=%d", name, unread), func(t *testing.T) {
				inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					p.stream.Aggregate(0).Chan()
					_, _ = p.conn.Write(bytes.Repeat(masked(fin|opText, nil), unread))
					synctest.Wait()
					go func() { _, _ = io.Copy(io.Discard, p.br) }()
					end(p)
					synctest.Wait()
				})
			})
		}
	}
}

// Of two concurrent receives one returns an error and the other the message.
func TestRecvTwiceAtOnce(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		for range 20 {
			results := make(chan error, 2)
			for range 2 {
				go func() { _, err := p.stream.Recv(t.Context()); results <- err }()
			}
			if err := await(t, results, "the second reader's error"); err != ws.ErrConcurrentRecv {
				t.Fatalf("received %v", err)
			}
			p.send(opText, "for the first")
			if err := await(t, results, "the first reader's message"); err != nil {
				t.Fatalf("the first reader received %v", err)
			}
		}
	})
}

func TestRecvInsideLoop(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.write(bytes.Repeat(masked(fin|opText, nil), 2))
		whole := p.stream.Aggregate(0)
		n := 0
		for _, err := range p.stream.All(testContext(t)) {
			if err != nil {
				t.Fatal(err)
			}
			expectConcurrentRecv(t, p.stream)
			expectConcurrentRecv(t, whole)
			if n++; n == 2 {
				break
			}
		}
		p.send(opText, "afterwards")
		recvKind(t, p.stream, ws.Text)
	})
}

// expectConcurrentRecv checks that every way to receive returns ErrConcurrentRecv.
func expectConcurrentRecv(t *testing.T, l view) {
	t.Helper()
	if _, err := l.Recv(t.Context()); err != ws.ErrConcurrentRecv {
		t.Fatalf("Recv: %v", err)
	}
	if err := errorOfAll(t.Context(), l); err != ws.ErrConcurrentRecv {
		t.Fatalf("All: %v", err)
	}
	if err := errorOfChan(t, l); err != ws.ErrConcurrentRecv {
		t.Fatalf("Chan: %v", err)
	}
}

func TestRecvBesideChan(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		whole := p.stream.Aggregate(0)
		messages := whole.Chan()
		p.send(opText, "hello")
		await(t, messages, "the first message")
		expectConcurrentRecv(t, p.stream)
		expectConcurrentRecv(t, p.stream.Aggregate(0))
		p.send(opText, "hello again")
		if msg := await(t, messages, "the second message"); string(msg.Data) != "hello again" {
			t.Fatalf("received %v", msg.Kind)
		}
	})
}

func TestChanInSelect(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		p.writeLater(masked(fin|opText, []byte("hello")))
		var ticks, texts int
		for ticks < 3 {
			select {
			case <-tick.C:
				ticks++
			case msg := <-p.stream.Chan():
				if texts++; msg.Kind != ws.Text {
					t.Fatalf("received %v", msg.Kind)
				}
			}
		}
		if texts != 1 {
			t.Errorf("received %d texts", texts)
		}
	})
}
