package ws_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestCloseAnswer(t *testing.T) {
	t.Run("the application answers", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			p.write(closeFrame(4000))
			recvKind(t, p.stream, ws.Close)
			if err := p.session.Close(ws.CloseReason{Code: 4001, Description: "own answer"}); err != nil {
				t.Fatal(err)
			}
			p.expect(opClose, string(closePayload(4001, "own answer")))
			p.expectEnd()
			expectSessionEnd(t, p.session, ws.ErrClosed)
		})
	})
	t.Run("the library answers", func(t *testing.T) {
		for _, code := range []uint16{0, 1000, 3999} {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				end := receiveAll(p)
				frame := closeFrame(code)
				if code == 0 {
					frame = masked(fin|opClose, nil)
				}
				p.write(frame)
				p.expectClose(int(code))
				p.expectEnd()
				expectSessionEnd(t, p.session, ws.ErrClosed)
				if err := await(t, end, "the stream's end"); err != io.EOF {
					t.Fatalf("the stream ended with %v", err)
				}
			})
		}
	})
	t.Run("the application's answer wins", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			p.write(closeFrame(1000))
			recvKind(t, p.stream, ws.Close)
			if err := p.session.Close(ws.CloseReason{Code: 4002, Description: "my own"}); err != nil {
				t.Fatal(err)
			}
			if _, err := p.stream.Recv(t.Context()); err != io.EOF {
				t.Fatalf("then received %v", err)
			}
			p.expect(opClose, string(closePayload(4002, "my own")))
			p.expectEnd()
		})
	})
}

func TestCloseCodeIsEchoed(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, code := range []uint16{0, 1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999} {
			t.Run(fmt.Sprint("code=", code), func(t *testing.T) {
				p := on.connect(t, &ws.Upgrader{})
				payload := []byte(nil)
				if code != 0 {
					payload = closePayload(code, "for a reason")
				}
				p.write(masked(fin|opClose, payload))
				if err := await(t, receiveAll(p), "the stream's end"); err != io.EOF {
					t.Fatalf("the stream ended with %v", err)
				}
				p.expect(opClose, string(payload[:min(2, len(payload))]))
				p.expectEnd()
			})
		}
	})
}

// A Close that the application leaves unanswered is answered just before
// CloseTimeout.
func TestCloseUnansweredUntilTimeout(t *testing.T) {
	const timeout = time.Minute
	inSynctest(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: timeout}}, func(t *testing.T, p *pair) {
		_ = p.conn.SetDeadline(time.Time{})
		p.writeLater(closeFrame(4003))
		recvKind(t, p.stream, ws.Close)
		began := time.Now()
		p.expect(opClose, string(closePayload(4003, "")))
		if took := time.Since(began); took < timeout*3/4 || took >= timeout {
			t.Errorf("answered after %v of %v", took, timeout)
		}
		<-p.session.Done()
		if took := time.Since(began); took > timeout || !errors.Is(p.session.Err(), ws.ErrClosed) {
			t.Errorf("ended with %v after %v of %v", p.session.Err(), took, timeout)
		}
	})
}

// A peer that accepts nothing until the library answers has all of CloseTimeout to accept
// the answer.
func TestCloseUnansweredWhilePeerStalls(t *testing.T) {
	const timeout = time.Minute
	u := &ws.Upgrader{Options: ws.Options{CloseTimeout: timeout, WriteTimeout: time.Hour}}
	inSynctest(t, u, func(t *testing.T, p *pair) {
		_ = p.conn.SetDeadline(time.Time{})
		p.writeLater(closeFrame(4003))
		recvKind(t, p.stream, ws.Close)
		if err := p.session.Text(t.Context(), "queued before"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(timeout * 3 / 2)
		if err := p.session.Err(); err != nil {
			t.Fatalf("the session has ended with %v", err)
		}
		p.expect(opText, "queued before")
		p.expect(opClose, string(closePayload(4003, "")))
		<-p.session.Done()
		if err := p.session.Err(); !errors.Is(err, ws.ErrClosed) {
			t.Errorf("the session ended with %v", err)
		}
	})
}

// An application that goes on sending does not get more time to answer, even if the peer
// accepts what it sends.
func TestCloseUnansweredWhileSending(t *testing.T) {
	const timeout = time.Minute
	inSynctest(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: timeout}}, func(t *testing.T, p *pair) {
		_ = p.conn.SetDeadline(time.Time{})
		p.writeLater(closeFrame(4003))
		recvKind(t, p.stream, ws.Close)
		began, b := time.Now(), make([]byte, 1000)
		send := func() error { return p.session.TrySend(ws.Message{Kind: ws.Binary, Data: b}) }
		for send() == nil { // until the queue is full
		}
		for !errors.Is(send(), ws.ErrClosed) {
			if time.Since(began) >= timeout {
				t.Fatalf("not answered after %v", timeout)
			}
			if _, err := io.ReadFull(p.conn, b); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took < timeout*3/4 {
			t.Errorf("answered after %v of %v", took, timeout)
		}
	})
}

func TestCloseTakenFromChanUnanswered(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		start := time.Now()
		p.writeLater(closeFrame(4000))
		recvKind(t, p.stream, ws.Close)
		p.expect(opClose, string(closePayload(4000, "")))
		if got := time.Since(start); got < 4*time.Second || got >= 5*time.Second {
			t.Fatalf("Close was answered after %v, want just before 5s", got)
		}
		<-p.session.Done()
		if err := p.session.Err(); !errors.Is(err, ws.ErrClosed) {
			t.Fatalf("the session ended with %v", err)
		}
	})
}
