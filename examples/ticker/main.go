// Ticker is a server that sends prices, which it simulates, to pages that draw them
// as a chart.
//
//	go run ./examples/ticker
//
// The page is at /. Clients only receive. A client that is too slow for all prices
// receives the newest. Ctrl-C closes all sessions and ends the program.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

const (
	headerTimeout   = 5 * time.Second  // to receive the headers of a request
	shutdownTimeout = 10 * time.Second // to close all connections
	maxSessions     = 10_000
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes any free one")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err == nil {
		slog.Info("listening", "url", "http://"+listener.Addr().String()+"/")
		err = serve(ctx, listener)
	}
	if err != nil {
		slog.Error("ticker", "err", err)
		os.Exit(1)
	}
}

// serve answers on listener until ctx ends. Then it closes all sessions, and returns
// when they have ended.
func serve(ctx context.Context, listener net.Listener) error {
	upgrader := newUpgrader()
	prices := newPrices()
	defer prices.groups.Close()
	server := &http.Server{Handler: routes(upgrader, prices), ReadHeaderTimeout: headerTimeout}

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error { return prices.publish(ctx) })
	g.Go(func() error {
		<-ctx.Done()
		return shutdown(server, upgrader)
	})
	return g.Wait()
}

func newUpgrader() *ws.Upgrader {
	return &ws.Upgrader{
		Compression: ws.Frugal(),
		MaxSessions: maxSessions,
		Options: ws.Options{
			// Prices that wait here are old when they are sent: a client that is slow
			// gets some of these, and then the newest.
			SendBuffer: 512,
			Trace:      ws.LogTrace(slog.Default()),
		},
	}
}

// shutdown shuts down the server and the sessions at the same time: the server
// no longer knows the connections of the sessions.
func shutdown(server *http.Server, upgrader *ws.Upgrader) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var g errgroup.Group
	g.Go(func() error { return server.Shutdown(ctx) })
	g.Go(func() error { return upgrader.Shutdown(ctx) })
	return g.Wait()
}

func routes(upgrader *ws.Upgrader, prices *prices) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws_prices", upgrader.Handler(prices.serve))
	for _, path := range []string{"/{$}", "/app.js", "/style.css"} {
		mux.Handle("GET "+path, page())
	}
	return mux
}

//go:embed page
var files embed.FS

// page serves the files in the folder page. The page may load nothing from
// other servers.
func page() http.Handler {
	folder, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // only if the name above is not a valid path
	}
	content := http.FileServerFS(folder)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-cache")
		header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
			"img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		content.ServeHTTP(w, r)
	})
}
