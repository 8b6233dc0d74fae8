package ws_test

import (
	"context"
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

func TestDiscardServesControlFramesAndFailsOnData(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.stream.Discard(); err != nil {
			t.Fatal(err)
		}
		if err := p.stream.Discard(); err != ws.ErrConcurrentRecv {
			t.Errorf("a second Discard returned %v", err)
		}
		p.send(opPing, "hello?")
		p.expect(opPong, "hello?")
		p.send(opText, "data")
		p.expectClose(1008)
		p.client.conn.Close()
		await(t, p.session.Done(), "the session's end")
	})
}

func TestDiscardThatAllowsDataDropsItAndAnswersClose(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.stream.AllowData().Discard(); err != nil {
			t.Fatal(err)
		}
		p.write(masked(fin|opBinary, make([]byte, 100_000)))
		p.send(opText, "data")
		p.send(opClose, string(closePayload(1000, "")))
		p.expectClose(1000)
		expectOver(t, p.session, ws.ErrClosed)
	})
}
