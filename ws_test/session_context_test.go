package ws_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

func TestTheContextEndsWithTheSessionAndSaysWhy(t *testing.T) {
	for _, early := range []bool{true, false} {
		bubble(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
			var ctx context.Context
			if early {
				ctx = p.session.Context()
				if ctx.Err() != nil || ctx != p.session.Context() {
					t.Error("the context has ended, or is another one, before the end")
				}
			}
			end := receiveAll(p)
			p.client.conn.Close()
			<-end
			<-p.session.Done()
			if !early {
				ctx = p.session.Context()
			}
			synctest.Wait()
			if ctx.Err() != context.Canceled || context.Cause(ctx) != p.session.Err() {
				t.Errorf("the context ended with %v, cause %v", ctx.Err(), context.Cause(ctx))
			}
		})
	}
}

func TestAContextAskedForWhileTheSessionEndsIsCancelled(t *testing.T) {
	for range 200 {
		bubble(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
			var group sync.WaitGroup
			for range 3 {
				group.Go(func() { <-p.session.Context().Done() })
			}
			end := receiveAll(p)
			p.client.conn.Close()
			<-end
			group.Wait()
		})
	}
}

func TestDiscardDropsDataAndServesControlFrames(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.stream.Discard(); err != nil {
			t.Fatal(err)
		}
		if err := p.stream.Discard(); err != ws.ErrConcurrentRecv {
			t.Errorf("a second Discard returned %v", err)
		}
		p.write(masked(fin|opBinary, make([]byte, 100_000)))
		p.write(masked(opText, []byte("a message in ")))
		p.send(opPing, "hello?")
		p.write(masked(fin|opContinuation, []byte("two frames")))
		p.send(opText, "data")
		p.expect(opPong, "hello?")
		if err := p.session.Text(t.Context(), "the news"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "the news")
		p.send(opClose, string(closePayload(1000, "")))
		p.expectClose(1000)
		expectOver(t, p.session, ws.ErrClosed)
	})
}

func TestDiscardThatRefusesDataFailsTheSession(t *testing.T) {
	for name, data := range map[string][]byte{
		"text":      masked(fin|opText, []byte("data")),
		"fragment":  masked(opBinary, []byte("data")),
		"long":      masked(fin|opBinary, make([]byte, 100_000)),
		"empty":     masked(fin|opBinary, nil),
		"long head": masked(fin|opBinary, make([]byte, 100_000))[:70_000],
	} {
		t.Run(name, func(t *testing.T) {
			overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
				if err := p.stream.RefuseData().Discard(); err != nil {
					t.Fatal(err)
				}
				p.send(opPing, "hello?")
				p.expect(opPong, "hello?")
				p.write(data)
				p.expectClose(1008)
				p.client.conn.Close()
				await(t, p.session.Done(), "the session's end")
				var broken *ws.ProtocolError
				if err := p.session.Err(); !errors.As(err, &broken) || broken.Code != ws.ClosePolicyViolation {
					t.Errorf("the session ended with %v", err)
				}
			})
		})
	}
}

func TestAContextAskedForAfterDoneIsCancelled(t *testing.T) {
	for range 2000 {
		end, peer := net.Pipe()
		session, _, err := new(ws.Upgrader).Handle(&writer{conn: end}, request())
		if err != nil {
			t.Fatal(err)
		}
		ctx, done := session.Context(), session.Done()
		context.AfterFunc(ctx, func() {
			select {
			case <-done:
			default:
				t.Error("the context was cancelled before Done was closed")
			}
		})
		go peer.Close()
		go func() { _ = session.Text(forever, "not taken") }()
		await(t, done, "the session's end")
		if cause := context.Cause(session.Context()); cause == nil || cause != session.Err() {
			t.Fatalf("the context ended with %v, the session with %v", cause, session.Err())
		}
	}
}
