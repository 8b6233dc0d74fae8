// Progress is a server with long jobs, which clients follow over a WebSocket.
//
//	go run ./examples/progress
//
// The page at / starts a job, which counts prime numbers, and shows its progress.
// Any number of pages can follow a job and cancel it. A page whose connection is
// lost connects again and goes on with the same job. Ctrl-C ends the program.
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
	maxSessions     = 1000
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
		slog.Error("progress", "err", err)
		os.Exit(1)
	}
}

// serve answers on listener until ctx ends. Then it closes all sessions, cancels all
// jobs, and returns when they have ended.
func serve(ctx context.Context, listener net.Listener) error {
	jobs := newJobs(countPrimes)
	defer jobs.close()
	upgrader := &ws.Upgrader{
		MaxSessions: maxSessions,
		Options: ws.Options{
			// A status is outdated when the next one is there, so only a few wait for a
			// client that is slow.
			SendBuffer: 1 << 10,
			// A client that is gone must not keep its job running for a minute.
			Heartbeat: ws.Heartbeat{Interval: 10 * time.Second, Timeout: 10 * time.Second},
			Trace:     ws.LogTrace(slog.Default()),
		},
	}
	server := &http.Server{Handler: routes(upgrader, jobs), ReadHeaderTimeout: headerTimeout}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
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

func routes(upgrader *ws.Upgrader, jobs *jobs) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws_job", upgrader.Handler(jobs.serve))
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
