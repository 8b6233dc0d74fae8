package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	headerTimeout = 5 * time.Second  // for a client to say what it wants
	graceTime     = 10 * time.Second // for everyone to leave once the server is ending
)

// serve answers on listener until ctx ends, then says goodbye to every
// session and returns when all have left.
func serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: routes(), ReadHeaderTimeout: headerTimeout}
	server.RegisterOnShutdown(open.goAway)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		slog.Info("shutting down", "sessions", len(open.list()))
		return shutdown(server)
	})
	return group.Wait()
}

// shutdown takes no new connections and lets the present ones finish.
func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	return errors.Join(server.Shutdown(ctx), open.drain(ctx))
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ws_echo", open.door(echo))
	mux.HandleFunc("/ws_pings", open.door(pings))
	for _, path := range []string{"/{$}", "/app.js", "/style.css"} {
		mux.Handle("GET "+path, page())
	}
	return mux
}
