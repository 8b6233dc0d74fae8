package wstest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// echo is the handler of these tests. It returns when its session ends. It
// has its own Upgrader: synctest bubbles must not share the one behind ws.Handle
// with a session of an earlier test that has not quite ended.
func echo(w http.ResponseWriter, r *http.Request) {
	session, stream, err := new(ws.Upgrader).Handle(w, r)
	if err != nil {
		return
	}
	ctx := context.Background()
	for msg, err := range stream.Aggregate(0).All(ctx) {
		if err != nil {
			return
		}
		if msg.Kind == ws.Text || msg.Kind == ws.Binary {
			_ = session.Send(ctx, msg)
		}
	}
}

func expectEcho(t *testing.T, session *ws.Session, stream *ws.AggregatedStream, data []byte) {
	t.Helper()
	if err := session.Binary(t.Context(), data); err != nil {
		t.Error(err)
		return
	}
	if msg, err := stream.Recv(t.Context()); err != nil || !bytes.Equal(msg.Data, data) {
		t.Errorf("%d bytes came back as %d bytes, error %v", len(data), len(msg.Data), err)
	}
}

func TestServerManyClients(t *testing.T) {
	server := wstest.NewServer(t, http.HandlerFunc(echo))
	dialers := []*ws.Dialer{nil, new(ws.Dialer), {HTTPClient: server.Client()}}
	var clients sync.WaitGroup
	for n := range 50 {
		clients.Go(func() {
			session, stream, err := server.Dial(t.Context(), "/", dialers[n%len(dialers)])
			if err != nil {
				t.Error(err)
				return
			}
			for range 20 {
				expectEcho(t, session, stream.Aggregate(0), bytes.Repeat([]byte{byte(n)}, n*100))
			}
			_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
			<-session.Done()
			if err := session.Err(); !errors.Is(err, ws.ErrClosed) {
				t.Error(err)
			}
		})
	}
	clients.Wait()
}

func TestServerLargeMessage(t *testing.T) {
	session, stream, err := wstest.NewServer(t, http.HandlerFunc(echo)).Dial(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	expectEcho(t, session, stream.Aggregate(1<<20), make([]byte, 1<<20))
}

func TestServerRequest(t *testing.T) {
	seen := make(chan *http.Request, 2)
	server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		echo(w, r)
	}))
	dialer := &ws.Dialer{Header: http.Header{"Authorization": {"Bearer x"}}}
	for range 2 {
		if _, _, err := server.Dial(t.Context(), "/chat?room=7", dialer); err != nil {
			t.Fatal(err)
		}
	}
	first, second := <-seen, <-seen
	if first.Host != "example.com" || first.URL.String() != "/chat?room=7" || first.Header.Get("Authorization") != "Bearer x" {
		t.Errorf("the request was for %s %s with %v", first.Host, first.URL, first.Header)
	}
	if first.RemoteAddr == second.RemoteAddr {
		t.Errorf("two clients have one address, %s", first.RemoteAddr)
	}
}

// A Dialer that has served another server, or the network, must not do so again.
func TestServerDialForeignTransport(t *testing.T) {
	server, other := wstest.NewServer(t, http.HandlerFunc(echo)), wstest.NewServer(t, http.HandlerFunc(echo))
	used := new(ws.Dialer)
	if _, _, err := other.Dial(t.Context(), "/", used); err != nil {
		t.Fatal(err)
	}
	for name, dialer := range map[string]*ws.Dialer{
		"another server's": used, "the network's": {HTTPClient: http.DefaultClient},
	} {
		if _, _, err := server.Dial(t.Context(), "/", dialer); err == nil || !strings.Contains(err.Error(), "Server.Client") {
			t.Errorf("with %s client: %v", name, err)
		}
	}
}

func TestServerClient(t *testing.T) {
	server := wstest.NewServer(t, http.HandlerFunc(echo))
	dialer := &ws.Dialer{HTTPClient: server.Client()}
	session, stream, err := dialer.Dial(t.Context(), server.URL+"/chat")
	if err != nil {
		t.Fatal(err)
	}
	expectEcho(t, session, stream.Aggregate(0), []byte("hello"))
}

func TestServerRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "no", http.StatusUnauthorized)
		}))
		var refused *ws.HandshakeError
		if _, _, err := server.Dial(t.Context(), "/", nil); !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
			t.Errorf("error %v, want one with 401", err)
		}
	})
}

func TestServerDialContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done() // the client has gone
		}))
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, _, err := server.Dial(ctx, "/", nil)
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestServerEndsWithTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		returned := make(chan bool, 1)
		var session *ws.Session
		t.Cleanup(func() {
			if len(returned) == 0 {
				t.Error("the handler has not returned")
			}
			if session.Err() == nil {
				t.Error("the session has not ended")
			}
		})
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			echo(w, r)
			returned <- true
		}))
		var stream *ws.MessageStream
		var err error
		session, stream, err = server.Dial(t.Context(), "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		expectEcho(t, session, stream.Aggregate(0), []byte("hello"))
	})
}
