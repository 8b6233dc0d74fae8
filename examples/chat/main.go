// Chat is a chat with rooms. Several of these programs are one chat if they share a
// broker.
//
//	go -C examples/chat run .
//	go -C examples/chat run . -addr 127.0.0.1:8081 -redis redis://127.0.0.1:6379
//
// The page is at /. Ctrl-C closes all sessions and ends the program.
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
	nats := flag.String("nats", "", "`URL` of a NATS server with JetStream, such as nats://127.0.0.1:4222")
	redis := flag.String("redis", "", "`URL` of a Redis server, such as redis://127.0.0.1:6379")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once

	if err := listen(ctx, *addr, *nats, *redis); err != nil {
		slog.Error("chat", "err", err)
		os.Exit(1)
	}
}

func listen(ctx context.Context, addr, natsURL, redisURL string) error {
	brokers, err := openBrokers(ctx, natsURL, redisURL)
	if err != nil {
		return err
	}
	defer brokers.close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	slog.Info("listening", "url", "http://"+listener.Addr().String()+"/")
	return serve(ctx, listener, brokers)
}

// serve answers on listener until ctx ends. Then it closes all sessions, and returns
// when they have ended.
func serve(ctx context.Context, listener net.Listener, brokers *brokers) error {
	chat, err := newChat(ctx, brokers)
	if err != nil {
		return err
	}
	defer chat.close()
	upgrader := newUpgrader()
	server := &http.Server{Handler: routes(upgrader, chat), ReadHeaderTimeout: headerTimeout}

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
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
			// Those who are gone should not be shown as present for a minute.
			Heartbeat: ws.Heartbeat{Interval: 10 * time.Second, Timeout: 10 * time.Second},
			Trace:     ws.LogTrace(slog.Default()),
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

func routes(upgrader *ws.Upgrader, chat *chat) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws_chat", upgrader.Handler(chat.serve))
	for _, path := range []string{"/{$}", "/app.js", "/connection.js", "/style.css"} {
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
