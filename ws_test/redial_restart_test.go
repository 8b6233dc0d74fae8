package ws_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// Clients come back to a server that restarts: two thousand, and ten thousand by make
// soak. How many arrive in a second depends on the clients, which choose their delays at
// random or not, and on the server, which closes its sessions all at once or spread over
// a window.
func TestRedialAfterRestart(t *testing.T) {
	clients := 2000
	switch {
	case os.Getenv("HANDSET_SOAK") != "":
		clients = 10_000
	case raceDetector, testing.Short():
		clients = 1000
	}
	t.Logf("%d clients; arrivals at the new server in each second after the restart has begun", clients)
	for _, tt := range []struct {
		name   string
		run    func(ctx context.Context, d *ws.Dialer)
		window time.Duration // of Shutdown
		down   time.Duration // between the old server and the new one
		peak   func(n int) (least, most int)
	}{
		{"clients that dial at once", dialAtOnce, 0, 0, func(n int) (int, int) { return n, n }},
		{"clients that dial at once and then every 5 s, 10 s down", dialAtOnce, 0, downtime, func(n int) (int, int) { return n, n }},
		{"Redialer", redial, 0, 0, func(n int) (int, int) { return n / 5, n/5 + n/12 }},
		{"Redialer, 10 s down", redial, 0, downtime, func(n int) (int, int) { return n / 20, n / 5 }},
		{"Redialer, ShutdownWindow of 60 s", redial, time.Minute, 0, func(n int) (int, int) { return n / 60, n / 25 }},
	} {
		if raceDetector && tt.down > 0 { // with which it takes ten times as long
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRestart(t, clients, tt.window, tt.run)
				got := r.restart(t, tt.down)
				peak := slices.Max(got)
				t.Logf("peak %d a second, %d dials in all:%s", peak, r.dials, columns(got))
				if least, most := tt.peak(clients); peak < least || peak > most {
					t.Errorf("the peak is %d a second, want %d to %d", peak, least, most)
				}
			})
		})
	}
}

// downtime ends just before the clients that dial every 5 s do so.
const downtime = 10*time.Second - time.Millisecond

// redial is a client with a Redialer.
func redial(ctx context.Context, d *ws.Dialer) {
	r := &ws.Redialer{Dialer: d, URL: "ws://example.com/"}
	for _, stream := range r.All(ctx) {
		for range stream.All(ctx) {
		}
	}
}

// dialAtOnce is a client that dials again when its session has ended, and 5 s after
// an attempt that failed.
func dialAtOnce(ctx context.Context, d *ws.Dialer) {
	for ctx.Err() == nil {
		session, stream, err := d.Dial(ctx, "ws://example.com/")
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Second):
			}
			continue
		}
		for range stream.All(ctx) {
		}
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
	}
}

// restart is a server that restarts, and its clients.
type restart struct {
	clients int
	stop    context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	server  *restartServer // nil while there is none
	dials   int
	arrived chan struct{} // each session that a server begins
}

// restartServer is a server before the restart or after it.
type restartServer struct {
	*ws.Upgrader
	http  *http.Server
	conns chan net.Conn
	done  chan struct{}
}

// newRestart returns a server to which all clients are connected.
func newRestart(t *testing.T, clients int, window time.Duration, run func(context.Context, *ws.Dialer)) *restart {
	r := &restart{clients: clients, arrived: make(chan struct{}, clients)}
	r.server = r.start(window)
	transport := &http.Transport{DialContext: r.dial}
	dialer := &ws.Dialer{HTTPClient: &http.Client{Transport: transport}}
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	for range clients {
		r.running.Go(func() { run(ctx, dialer) })
	}
	for range clients {
		<-r.arrived
	}
	time.Sleep(15 * time.Second) // of the bubble: longer than ResetAfter, shorter than the heartbeat
	r.dials = 0
	t.Cleanup(transport.CloseIdleConnections)
	return r
}

// start starts a server.
func (r *restart) start(window time.Duration) *restartServer {
	s := &restartServer{
		Upgrader: &ws.Upgrader{ShutdownWindow: window},
		conns:    make(chan net.Conn), done: make(chan struct{}),
	}
	s.http = &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: s.Handler(func(_ *ws.Session, m *ws.MessageStream) {
		r.arrived <- struct{}{}
		for range m.All(context.Background()) {
		}
	})}
	go func() { _ = s.http.Serve(s) }()
	return s
}

// dial connects a client to the server that is there.
func (r *restart) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	r.mu.Lock()
	s := r.server
	r.dials++
	r.mu.Unlock()
	if s == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	client, server := net.Pipe()
	select {
	case s.conns <- server:
		return client, nil
	case <-s.done:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *restartServer) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *restartServer) Close() error {
	close(s.done)
	return nil
}

func (s *restartServer) Addr() net.Addr { return &net.TCPAddr{} }

// restart shuts the server down, with another one in its place, at once or after it has
// been down. It returns how many clients arrived in each second.
func (r *restart) restart(t *testing.T, down time.Duration) (perSecond []int) {
	began, old := time.Now(), r.server
	closed := make(chan error, 1)
	go func() { closed <- old.Shutdown(t.Context()) }()
	r.replace(nil)
	if down == 0 {
		r.replace(r.start(0))
	} else {
		time.AfterFunc(down, func() { r.replace(r.start(0)) })
	}
	for range r.clients {
		<-r.arrived
		second := int(time.Since(began) / time.Second)
		for len(perSecond) <= second {
			perSecond = append(perSecond, 0)
		}
		perSecond[second]++
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	r.stop()
	r.running.Wait()
	for _, s := range []*restartServer{old, r.server} {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		_ = s.http.Close()
	}
	return perSecond
}

// replace makes s the server that clients connect to.
func (r *restart) replace(s *restartServer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server = s
}

// columns prints numbers in lines of ten, after the second that the first is of.
func columns(numbers []int) string {
	var b strings.Builder
	for i, n := range numbers {
		if i%10 == 0 {
			fmt.Fprintf(&b, "\n%3d s:", i)
		}
		fmt.Fprintf(&b, "%6d", n)
	}
	return b.String()
}
