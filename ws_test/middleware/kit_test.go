package middleware_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// testTimeout bounds every wait.
const testTimeout = 20 * time.Second

// syncBuffer is a log that is written and read by several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// serve runs a server of h and returns its address and its log.
func serve(t *testing.T, h http.Handler) (address string, errors *syncBuffer) {
	t.Helper()
	errors = new(syncBuffer)
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(errors, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL, errors
}

// echoAll sends back what it receives until the session ends.
func echoAll(session *ws.Session, stream *ws.MessageStream) {
	for msg, err := range stream.Aggregate(0).All(context.Background()) {
		if err != nil {
			return
		}
		if msg.Kind == ws.Text || msg.Kind == ws.Binary {
			_ = session.Send(context.Background(), msg)
		}
	}
}

// handshake does a handshake as a browser does, which accepts gzip.
func handshake(t *testing.T, address string, headers ...string) (*websocket.Conn, *http.Response) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	h := http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}, "User-Agent": {"Mozilla/5.0"}}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	conn, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: h})
	if response == nil {
		t.Fatalf("no answer: %v", err)
	}
	if err == nil {
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, response
}

// expectEcho sends messages both ways, longer than any middleware's buffer.
func expectEcho(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	conn.SetReadLimit(-1)
	for _, want := range []string{"hello", strings.Repeat("hello ", 10_000), ""} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(ctx); err != nil || string(got) != want {
			t.Fatalf("%d bytes came back as %d: %v", len(want), len(got), err)
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("close: %v", err)
	}
}

// expectStatus checks the response to a refused handshake.
func expectStatus(t *testing.T, response *http.Response, status int, text string) {
	t.Helper()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != status || !response.Close {
		t.Errorf("answered with %s %v %q, want %d and Connection: close", response.Status, response.Header, body, status)
	}
	if response.Header.Get("Content-Encoding") == "" && !strings.Contains(string(body), text) {
		t.Errorf("answered with %q, want it to contain %q", body, text)
	}
}
