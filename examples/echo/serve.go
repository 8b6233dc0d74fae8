package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

const (
	headerTimeout   = 5 * time.Second  // to receive the headers of a request
	shutdownTimeout = 10 * time.Second // to close all connections
)

// serve answers on listener until ctx ends. Then it closes all sessions and
// returns when the functions that serve them have returned.
func serve(ctx context.Context, listener net.Listener) error {
	upgrader := &ws.Upgrader{
		Compression: ws.Frugal(),
		Options: ws.Options{Trace: &ws.Trace{HandshakeRefused: func(_ *http.Request, err *ws.HandshakeError) {
			slog.Warn("refused", "err", err)
		}}},
	}
	server := &http.Server{Handler: routes(upgrader), ReadHeaderTimeout: headerTimeout}

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
		return shutdown(server, upgrader)
	})
	return group.Wait()
}

// shutdown shuts down the server and the sessions at the same time: the server
// no longer knows the connections of the sessions.
func shutdown(server *http.Server, upgrader *ws.Upgrader) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return server.Shutdown(ctx) })
	group.Go(func() error { return upgrader.Shutdown(ctx) })
	return group.Wait()
}

func routes(upgrader *ws.Upgrader) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws_echo", upgrader.Handler(echo))
	mux.Handle("/ws_pings", upgrader.Handler(pings))
	for _, path := range []string{"/{$}", "/app.js", "/style.css"} {
		mux.Handle("GET "+path, page())
	}
	return mux
}
