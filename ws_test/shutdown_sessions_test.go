package ws_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// Shutdown sends Close frames, flushes the queues and waits.
func TestShutdown(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		synctest.Test(t, func(t *testing.T) {
			from := on.endpoint(t, nil)
			p := pipeOf(t, from)
			if err := p.session.Text(t.Context(), "queued"); err != nil {
				t.Fatal(err)
			}
			down := make(chan error, 1)
			go func() { down <- from.Shutdown(t.Context()) }()
			time.Sleep(time.Second)
			p.expect(opText, "queued")
			p.expect(opClose, string(closePayload(1001, on.String()+" is shutting down")))
			synctest.Wait()
			if len(down) > 0 {
				t.Fatal("Shutdown did not wait for the answer")
			}
			p.send(opClose, string(closePayload(1001, "")))
			if err := <-down; err != nil {
				t.Fatal(err)
			}
			if err := p.session.Err(); !errors.Is(err, ws.ErrClosed) {
				t.Fatalf("the session ended with %v", err)
			}
		})
	})
}

// This is what the documentation says about http.Server, and why it shows a WaitGroup.
func TestShutdownOfHTTPServer(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			began, ends, ended := make(chan error), make(chan struct{}), make(chan struct{})
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				session, _, err := u.Handle(w, r)
				began <- err
				if err == nil {
					<-session.Done()
				}
				<-ends
			}))
			c := dial(t, srv, "")
			if err := await(t, began, "the handshake"); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := srv.Config.Shutdown(testContext(t)); err != nil {
				t.Errorf("the server's Shutdown returned %v after %v", err, time.Since(start))
			}
			go func() {
				c.expectClose(1001)
				c.write(closeFrame(1001))
			}()
			if err := u.Shutdown(testContext(t)); err != nil {
				t.Errorf("Shutdown returned %v", err)
			}
			select {
			case <-ended:
				t.Error("somebody waited for the handler")
			default:
			}
			close(ends)
			await(t, ended, "the handler's end")
		})
	}
}

// Shutdown ends the remaining sessions when its context ends.
func TestShutdownContextEnds(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		synctest.Test(t, func(t *testing.T) {
			from := on.endpoint(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Hour}})
			p := pipeOf(t, from)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			began := time.Now()
			if err := from.Shutdown(ctx); err != context.DeadlineExceeded || time.Since(began) != 10*time.Second {
				t.Fatalf("Shutdown returned %v after %v", err, time.Since(began))
			}
			<-p.session.Done()
			if err := p.session.Err(); err != ws.ErrShutdown {
				t.Fatalf("the session ended with %v", err)
			}
			if err := from.Shutdown(ctx); err != nil {
				t.Fatalf("without sessions Shutdown returned %v", err)
			}
		})
	})
}

func TestShutdownOfSilentPeers(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		synctest.Test(t, func(t *testing.T) {
			from := on.endpoint(t, nil)
			p, began := pipeOf(t, from), time.Now()
			if err := from.Shutdown(t.Context()); err != nil || time.Since(began) != 5*time.Second {
				t.Fatalf("Shutdown returned %v after %v", err, time.Since(began))
			}
			if err := p.session.Err(); err != ws.ErrCloseTimeout {
				t.Fatalf("the session ended with %v", err)
			}
		})
	})
}

func TestShutdownNilContext(t *testing.T) {
	var none context.Context
	if err := new(ws.Upgrader).Shutdown(none); err == nil {
		t.Error("a nil context is no error")
	}
}

func TestShutdownOverTransports(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if session, stream, err := u.Handle(w, r); err == nil {
					_ = echo(session, stream.Aggregate(0))
				}
			}))
			var clients []*client
			for range 5 {
				c := dial(t, srv, "")
				c.send(opText, "in")
				c.expect(opText, "in")
				clients = append(clients, c)
			}
			down := make(chan error, 1)
			go func() { down <- u.Shutdown(testContext(t)) }()
			for _, c := range clients {
				c.expectClose(1001)
				c.send(opClose, string(closePayload(1001, "")))
				c.expectEnd()
			}
			if err := await(t, down, "the shutdown's end"); err != nil {
				t.Fatal(err)
			}
		})
	}
}
