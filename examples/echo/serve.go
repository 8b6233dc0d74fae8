package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

const (
	headerTimeout   = 5 * time.Second  // to receive the headers of a request
	shutdownTimeout = 10 * time.Second // to close all connections
)

// site is the state of the server.
type site struct {
	upgrader ws.Upgrader
	serving  sync.WaitGroup // the functions that serve a session
}

// serve answers on listener until ctx ends. Then it closes all sessions and
// returns when the functions that serve them have returned.
func serve(ctx context.Context, listener net.Listener) error {
	site := &site{upgrader: ws.Upgrader{Compression: ws.Frugal()}}
	server := &http.Server{Handler: site.routes(), ReadHeaderTimeout: headerTimeout}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		slog.Info("shutting down")
		return site.shutdown(server)
	})
	return group.Wait()
}

// shutdown shuts down the server and the sessions at the same time: the server
// no longer knows the connections of the sessions. Neither waits for the
// functions that serve the sessions.
func (s *site) shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return server.Shutdown(ctx) })
	group.Go(func() error { return s.upgrader.Shutdown(ctx) })
	err := group.Wait()
	s.serving.Wait()
	return err
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws_echo", s.handler(echo))
	mux.Handle("/ws_pings", s.handler(pings))
	for _, path := range []string{"/{$}", "/app.js", "/style.css"} {
		mux.Handle("GET "+path, page())
	}
	return mux
}

// handler is like Upgrader.Handler, but shutdown waits until serve has returned.
func (s *site) handler(serve func(*ws.Session, *ws.MessageStream)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.serving.Add(1) // before Handle: until then, http.Server.Shutdown waits
		session, stream, err := s.upgrader.Handle(w, r)
		if err != nil {
			s.serving.Done()
			slog.Warn("refused", "err", err) // Handle has answered the client
			return
		}
		go func() {
			defer s.serving.Done()
			defer session.Close(ws.CloseReason{})
			serve(session, stream)
		}()
	})
}
