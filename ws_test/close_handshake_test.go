package ws_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestSessionIsOpenBeforeClose(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		select {
		case <-p.session.Done():
			t.Fatal("Done is closed")
		default:
		}
		if err := p.session.Err(); err != nil {
			t.Fatalf("Err returned %v", err)
		}
	})
}

func TestCloseByServerWhileReading(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		got := make(chan ws.Message, 10)
		go func() {
			defer close(got)
			for msg, err := range p.stream.All(context.Background()) {
				if err != nil {
					t.Errorf("the loop got %v", err)
				}
				got <- msg.Clone()
			}
		}()
		p.send(opText, "hello")
		await(t, got, "the first message")
		if err := p.session.Close(ws.CloseReason{Code: ws.CloseGoingAway, Description: "bye"}); err != nil {
			t.Fatal(err)
		}
		p.expect(opClose, string(closePayload(1001, "bye")))
		p.send(opText, "still under way")
		p.write(masked(fin|opClose, closePayload(1001, "bye too")))
		p.expectEnd()
		if msg := await(t, got, "the text"); string(msg.Data) != "still under way" {
			t.Fatalf("received %v %q", msg.Kind, msg.Data)
		}
		want := ws.CloseReason{Code: 1001, Description: "bye too"}
		if msg := await(t, got, "the Close message"); msg.Kind != ws.Close || msg.Reason != want {
			t.Fatalf("received %v %v", msg.Kind, msg.Reason)
		}
		if msg := await(t, got, "the loop's end"); msg.Kind != 0 {
			t.Fatalf("received %v after the Close message", msg.Kind)
		}
		expectSessionEnd(t, p.session, ws.ErrClosed)
	})
}

func TestCloseByServerWithoutReader(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		p.expect(opClose, string(closePayload(4000, "")))
		p.send(opText, strings.Repeat("nobody wants this", 10_000))
		p.write(closeFrame(4000))
		p.expectEnd()
		expectSessionEnd(t, p.session, ws.ErrClosed)
		if msg, err := p.stream.Recv(t.Context()); err != nil || msg.Kind != ws.Close || msg.Reason.Code != 4000 {
			t.Fatalf("received %v %v, %v after the end", msg.Kind, msg.Reason, err)
		}
		if _, err := p.stream.Recv(t.Context()); err != io.EOF {
			t.Fatalf("the stream ended with %v", err)
		}
	})
}

func TestCloseByBothSides(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		go func() { _ = p.session.Close(ws.CloseReason{Code: 4000}) }()
		p.write(closeFrame(4001))
		f, err := p.next()
		if err != nil || f.opcode() != opClose || f.closeCode() != 4000 && f.closeCode() != 4001 {
			t.Fatalf("got frame %#x %q, %v", f.first, f.payload, err)
		}
		p.expectEnd() // and no second Close frame
		expectSessionEnd(t, p.session, ws.ErrClosed)
		if err := await(t, end, "the stream's end"); err != io.EOF {
			t.Fatalf("the stream ended with %v", err)
		}
	})
}

func TestCloseEndsBlockedSend(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 100}}, func(t *testing.T, p *pair) {
		if err := p.session.Text(t.Context(), strings.Repeat("x", 98)); err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() { sent <- p.session.Text(context.Background(), "waits") }()
		synctest.Wait()
		start := time.Now()
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; !errors.Is(err, ws.ErrClosed) || time.Since(start) != 0 {
			t.Fatalf("the send returned %v after %v", err, time.Since(start))
		}
		p.expect(opText, strings.Repeat("x", 98)) // what was queued is still sent
		p.expect(opClose, string(closePayload(4000, "")))
		p.writeLater(closeFrame(4000))
		<-p.session.Done()
		if err := p.session.Err(); !errors.Is(err, ws.ErrClosed) {
			t.Fatalf("the session ended with %v", err)
		}
	})
}

// Closing twice, or from many goroutines, sends one Close frame.
func TestCloseSendsOneCloseFrame(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		var closers sync.WaitGroup
		for i := range 20 {
			closers.Go(func() {
				for range 2 {
					if err := p.session.Close(ws.CloseReason{Code: ws.CloseCode(4000 + i)}); err != nil {
						t.Errorf("Close returned %v", err)
					}
				}
			})
		}
		closers.Wait()
		p.write(closeFrame(4000))
		f, err := p.next()
		if err != nil || f.opcode() != opClose || f.closeCode() < 4000 || f.closeCode() >= 4020 {
			t.Fatalf("got frame %#x %q, %v", f.first, f.payload, err)
		}
		p.expectEnd()
		expectSessionEnd(t, p.session, ws.ErrClosed)
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatalf("Close after the end returned %v", err)
		}
	})
}

// What was queued is sent before the Close frame.
func TestCloseSendsQueueFirst(t *testing.T) {
	overTransports(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 8 << 20}}, func(t *testing.T, p *pair) {
		for range 60 {
			if err := p.session.Binary(testContext(t), make([]byte, 100_000)); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.session.Send(testContext(t), ws.Message{Kind: ws.Close, Reason: ws.CloseReason{Code: 4000}}); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			p.expect(opBinary, string(make([]byte, 100_000)))
		}
		p.expect(opClose, string(closePayload(4000, "")))
		p.write(closeFrame(4000))
		p.expectEnd()
		expectSessionEnd(t, p.session, ws.ErrClosed)
	})
}

// Done returns the same channel before and after the end.
func TestDoneReturnsOneChannel(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		before := p.session.Done()
		_ = p.client.conn.Close()
		_ = p.session.Close(ws.CloseReason{})
		<-before
		<-p.session.Done()
	})
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) { // Done was not called before
		_ = p.client.conn.Close()
		_ = p.session.Close(ws.CloseReason{})
		synctest.Wait()
		select {
		case <-p.session.Done():
		default:
			t.Fatal("Done is not closed after the end")
		}
		if p.session.Err() == nil {
			t.Fatal("Err returned nil after the end")
		}
	})
}

func TestFramesAfterPeersCloseAreIgnored(t *testing.T) {
	for name, more := range map[string][]byte{
		"another Close": closeFrame(4001),
		"text":          masked(fin|opText, []byte("late")),
		"nonsense":      {0xFF, 0xFF, 0xFF},
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				p.write(append(closeFrame(4000), more...))
				if msg := recvKind(t, p.stream, ws.Close); msg.Reason.Code != 4000 {
					t.Fatalf("received %v", msg.Reason)
				}
				for range 3 {
					if msg, err := p.stream.Recv(t.Context()); err != io.EOF {
						t.Fatalf("received %v, %v", msg.Kind, err)
					}
				}
				p.expectClose(4000)
				p.expectEnd()
				expectSessionEnd(t, p.session, ws.ErrClosed)
			})
		})
	}
}
