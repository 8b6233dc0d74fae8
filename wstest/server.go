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
	listener *view
	busy     sync.WaitGroup // connections that the server has, and handlers
}

// NewServer starts a server whose requests go to h. When the test ends, so do
// all connections, as if the network had gone, and the server waits for the
// handlers to return.
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

// counted is h with its calls counted.
func (s *Server) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Done()
		h.ServeHTTP(w, r)
	})
}

// Dial opens a WebSocket to path, such as "/chat?room=7", on the host
// example.com, with coder/websocket's client. The options may be nil; the
// Transport of their HTTPClient is not used. The context is for the handshake
// only, and an error says how it was refused.
//
// The client is closed when the test ends, without a Close frame; a test that
// wants one calls its Close. Mind that it reads messages of up to 32 KiB, until
// told otherwise by SetReadLimit.
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
