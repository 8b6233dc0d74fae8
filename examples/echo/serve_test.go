package main

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestShutdownClosesSessions(t *testing.T) {
	url, stop := startUntil(t)
	clients := []*client{dial(t, url+"ws_echo"), dial(t, url+"ws_echo"), dial(t, url+"ws_pings")}
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for _, client := range clients {
		client.expectClose(t, ws.CloseGoingAway)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A browser may hold a connection that it has not used yet, for which
// http.Server.Shutdown waits 5 s. The Close frames do not wait for that.
func TestShutdownClosesSessionsFirst(t *testing.T) {
	url, stop := startUntil(t)
	unused, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	client := dial(t, url+"ws_echo") // so the unused connection has been accepted, too
	roundTrip(t, client)             // so the session has begun
	ended, began := make(chan error, 1), time.Now()
	go func() { ended <- stop() }()

	client.expectClose(t, ws.CloseGoingAway)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the Close frame has come after %v", took)
	}
	unused.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestShutdownWaitsForSessions(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	log := &slowLog{Handler: slog.DiscardHandler, at: "closing"}
	slog.SetDefault(slog.New(log))
	url, stop := startUntil(t)
	client := dial(t, url+"ws_echo")
	roundTrip(t, client)
	_ = client.stream.Discard() // and answer the Close frame
	if err := stop(); err != nil {
		t.Error(err)
	}
	if !log.written.Load() {
		t.Error("the program ended before its last line was logged")
	}
}

// slowLog is slow to log the message at.
type slowLog struct {
	slog.Handler
	at      string
	written atomic.Bool
}

func (l *slowLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *slowLog) WithAttrs([]slog.Attr) slog.Handler       { return l }

func (l *slowLog) Handle(_ context.Context, record slog.Record) error {
	if record.Message == l.at {
		time.Sleep(50 * time.Millisecond)
		l.written.Store(true)
	}
	return nil
}

func TestShutdownRefusesNewClients(t *testing.T) {
	url, stop := startUntil(t)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ws.Dial(t.Context(), url+"ws_echo"); err == nil {
		t.Error("a client connected after the shutdown")
	}
}

func TestServeReturnsListenerError(t *testing.T) {
	listener := loopback(t)
	listener.Close()
	if err := serve(t.Context(), listener); err == nil {
		t.Error("no error from a listener that is closed")
	}
}

// start serves until the test ends and returns the address, with its slash.
func start(t *testing.T) (url string) {
	url, stop := startUntil(t)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return url
}

// startUntil serves until stop is called, which returns what serve returned.
func startUntil(t *testing.T) (url string, stop func() error) {
	listener := loopback(t)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener) }()
	stop = func() error {
		cancel()
		return <-ended
	}
	return "http://" + listener.Addr().String() + "/", stop
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
