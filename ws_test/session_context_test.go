package ws_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

func TestSessionContextEndsWithSession(t *testing.T) {
	for _, early := range []bool{true, false} {
		inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
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

func TestSessionContextDuringEnd(t *testing.T) {
	for range 200 {
		inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
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

func TestSessionContextAfterDone(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for range 2000 {
			end, peer := net.Pipe()
			session, _ := on.begin(t, end, nil, nil)
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
	})
}
