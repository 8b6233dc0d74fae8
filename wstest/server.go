package wstest

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// Server is an HTTP server in memory.
type Server struct {
	tb       testing.TB
	listener *listener
	busy     sync.WaitGroup // connections that the server has, and handlers
}

// NewServer starts a server with handler h. When the test ends, all connections
// are closed without Close frames, and the end of the test waits until the handlers
// have returned.
func NewServer(tb testing.TB, h http.Handler) *Server {
	s := &Server{tb: tb, listener: listen()}
	server := &http.Server{Handler: s.counted(h), ConnState: s.connState}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(s.listener)
	}()
	tb.Cleanup(func() {
		_ = server.Close()
		<-served // the listener is closed, and the connections with it
		s.busy.Wait()
	})
	return s
}

// connState counts the connections up to their hijacking, so that handlers
// begin only while something is counted, as a WaitGroup wants it.
func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.busy.Add(1)
	case http.StateHijacked, http.StateClosed:
		s.busy.Done()
	}
}

// counted returns h with its calls counted.
func (s *Server) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Done()
		h.ServeHTTP(w, r)
	})
}

// Dial opens a WebSocket with coder/websocket's client. The path may have a query,
// such as "/chat?room=7"; the host is example.com. The options may be nil; the
// Transport of their HTTPClient is ignored. The context applies to the handshake
// only. The error says how the handshake was refused.
//
// The client is closed without a Close frame when the test ends. It fails on
// messages longer than 32 KiB unless the test calls its SetReadLimit.
func (s *Server) Dial(ctx context.Context, path string, options *websocket.DialOptions) (*websocket.Conn, error) {
	var o websocket.DialOptions
	if options != nil {
		o = *options
	}
	var client http.Client
	if o.HTTPClient != nil {
		client = *o.HTTPClient
	}
	transport := &http.Transport{DialContext: s.listener.dial}
	client.Transport, o.HTTPClient = transport, &client
	conn, _, err := websocket.Dial(ctx, "ws://example.com/"+strings.TrimPrefix(path, "/"), &o)
	transport.CloseIdleConnections() // there is one after a refusal
	if err != nil {
		return nil, err
	}
	s.tb.Cleanup(func() { _ = conn.CloseNow() })
	return conn, nil
}
