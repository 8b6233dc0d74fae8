package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

func TestSessionsForgetWhoHasLeft(t *testing.T) {
	var present sessions
	session, client := join(t, &present)
	if got := present.list(); len(got) != 1 || got[0] != session {
		t.Fatalf("present: %v, want the one session", got)
	}
	client.CloseNow()
	session.Close(ws.CloseReason{})
	<-session.Done()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(present.list()) > 0 {
		if ctx.Err() != nil {
			t.Fatal("a session that is over is still remembered")
		}
		runtime.Gosched()
	}
}

func TestDrainSaysGoingAwayAndWaits(t *testing.T) {
	var present sessions
	session, client := join(t, &present)
	drained := make(chan error, 1)
	go func() { drained <- present.drain(t.Context()) }()
	if _, _, err := client.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("read: %v, want close code 1001", err)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	select {
	case <-session.Done():
	default:
		t.Error("drain returned before the session was over")
	}
}

func TestDrainWaitsNoLongerThanItsContext(t *testing.T) {
	var present sessions
	join(t, &present) // the client does not read, so it does not answer the goodbye
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := present.drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("drain: %v, want context.Canceled", err)
	}
}

func TestDrainWaitsForWhoIsOnTheWayIn(t *testing.T) {
	var present sessions
	opened, mayAdd := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(present.door(func(w http.ResponseWriter, r *http.Request) {
		session, _, err := ws.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		close(opened)
		<-mayAdd
		present.add(session)
	}))
	t.Cleanup(server.Close)
	client := dial(t, server.URL)
	<-opened
	goodbye := make(chan error, 1)
	go func() {
		_, _, err := client.Read(context.Background())
		goodbye <- err
	}()
	time.AfterFunc(20*time.Millisecond, func() { close(mayAdd) }) // time enough to forget it
	if err := present.drain(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case err := <-goodbye:
		if websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("read: %v, want close code 1001", err)
		}
	case <-time.After(patience):
		t.Error("drain returned without a goodbye to the last one in")
	}
}

// join opens a session, which present remembers, with a client at its far end.
func join(t *testing.T, present *sessions) (*ws.Session, *websocket.Conn) {
	t.Helper()
	opened := make(chan *ws.Session, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _, err := ws.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		present.add(session)
		opened <- session
	}))
	t.Cleanup(server.Close)
	client := dial(t, server.URL)
	return <-opened, client
}
