package wstest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

// Server is an HTTP server in memory.
type Server struct {
	// URL is the URL of the server, without a slash at its end. Only Client and
	// Dial connect to it.
	URL string
	// Network is what the connections of Client and Dial run over, unless their context
	// is one of WithNetwork. It is not nil. A test may replace it before it connects.
	Network *Network

	listener *listener
	client   *http.Client
	busy     sync.WaitGroup // connections that the server has, and handlers

	mu       sync.Mutex
	sessions []*ws.Session // that end with the test
}

// NewServer starts a server with handler h. When the test ends, all connections are
// closed without Close frames, and the end of the test waits until the sessions of
// Dial have ended and the handlers have returned. It does not wait for the functions of
// ws.Handler, which run in goroutines of their own; Upgrader.Shutdown does.
func NewServer(tb testing.TB, h http.Handler) *Server {
	s := &Server{URL: "ws://example.com", Network: new(Network), listener: listen()}
	s.client = &http.Client{Transport: &http.Transport{DialContext: s.dial}}
	server := &http.Server{Handler: s.counted(h), ConnState: s.connState}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(s.listener)
	}()
	tb.Cleanup(func() {
		_ = server.Close()
		<-served // the listener is closed, and both ends of the connections with it
		s.client.CloseIdleConnections()
		s.endSessions()
		s.busy.Wait()
	})
	return s
}

// Client returns the client that connects to the server, for code under test that has
// a Dialer of its own. It is the same each time.
//
//	d := &ws.Dialer{HTTPClient: server.Client()}
//	session, stream, err := d.Dial(ctx, server.URL+"/chat")
func (s *Server) Client() *http.Client { return s.client }

// dial connects a client.
func (s *Server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	network := s.Network
	if other, ok := ctx.Value(networkKey{}).(*Network); ok {
		network = other
	}
	return s.listener.dial(ctx, network)
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

// endsWithTest makes the end of the test wait for the end of a session.
func (s *Server) endsWithTest(session *ws.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = append(s.sessions, session)
}

// endSessions waits until the sessions have ended. Their connections are closed. Close
// makes those notice it that are not read.
func (s *Server) endSessions() {
	s.mu.Lock()
	sessions := s.sessions
	s.mu.Unlock()
	for _, session := range sessions {
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
	}
}
