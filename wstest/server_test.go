package wstest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"

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

func expectEcho(t *testing.T, client *websocket.Conn, data []byte) {
	t.Helper()
	if err := client.Write(t.Context(), websocket.MessageBinary, data); err != nil {
		t.Error(err)
		return
	}
	if _, got, err := client.Read(t.Context()); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back as %d bytes, error %v", len(data), len(got), err)
	}
}

func TestServerManyClients(t *testing.T) {
	server := wstest.NewServer(t, http.HandlerFunc(echo))
	var clients sync.WaitGroup
	for n := range 50 {
		clients.Go(func() {
			client, err := server.Dial(t.Context(), "/", nil)
			if err != nil {
				t.Error(err)
				return
			}
			for range 20 {
				expectEcho(t, client, bytes.Repeat([]byte{byte(n)}, n*100))
			}
			if err := client.Close(websocket.StatusNormalClosure, ""); err != nil {
				t.Error(err)
			}
		})
	}
	clients.Wait()
}

func TestServerLargeMessage(t *testing.T) {
	client, err := wstest.NewServer(t, http.HandlerFunc(echo)).Dial(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	client.SetReadLimit(-1)
	expectEcho(t, client, make([]byte, 1<<20))
}

func TestServerRequest(t *testing.T) {
	seen := make(chan *http.Request, 2)
	server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		echo(w, r)
	}))
	own := &http.Client{Transport: http.NewFileTransport(http.Dir("."))} // which cannot dial
	options := &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer x"}}, HTTPClient: own}
	for range 2 {
		if _, err := server.Dial(t.Context(), "/chat?room=7", options); err != nil {
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
	if options.HTTPClient != own {
		t.Error("the caller's options were changed")
	}
}

func TestServerRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "no", http.StatusUnauthorized)
		}))
		if _, err := server.Dial(t.Context(), "/", nil); err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("error %v, want one that says 401", err)
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
			_, err := server.Dial(ctx, "/", nil)
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; err == nil {
			t.Error("no error")
		}
	})
}

func TestServerEndsWithTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		returned := make(chan bool, 1)
		t.Cleanup(func() {
			if len(returned) == 0 {
				t.Error("the handler has not returned")
			}
		})
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			echo(w, r)
			returned <- true
		}))
		client, err := server.Dial(t.Context(), "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		expectEcho(t, client, []byte("hello"))
	})
}
