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
	headerTimeout = 5 * time.Second  // for a client to say what it wants
	graceTime     = 10 * time.Second // for everyone to leave once the server is ending
)

// site is what the program serves.
type site struct {
	sessions ws.Upgrader    // of everyone connected
	talks    sync.WaitGroup // one for each session, until its goroutine has ended
}

// serve answers on listener until ctx ends, then says goodbye to every
// session and returns when all have left.
func serve(ctx context.Context, listener net.Listener) error {
	site := &site{sessions: ws.Upgrader{Compression: ws.Frugal()}}
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

// shutdown takes no new connections and lets the present ones finish: those
// that have become sessions, which the server has forgotten, are closed while
// the server waits for the others. What their goroutines still do, neither waits
// for.
func (s *site) shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return server.Shutdown(ctx) })
	group.Go(func() error { return s.sessions.Shutdown(ctx) })
	err := group.Wait()
	s.talks.Wait()
	return err
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ws_echo", s.echo)
	mux.HandleFunc("/ws_pings", s.pings)
	for _, path := range []string{"/{$}", "/app.js", "/style.css"} {
		mux.Handle("GET "+path, page())
	}
	return mux
}
