// Echo is a WebSocket server that sends every message back to the client that
// sent it.
//
//	go run ./examples/echo
//
// The echo is at /ws_echo, and a page to try it from a browser is at /. Ctrl-C
// closes all sessions and ends the program.
package main

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes any free one")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once

	if err := listen(ctx, *addr); err != nil {
		slog.Error("echo", "err", err)
		os.Exit(1)
	}
}

// listen listens on addr, logs the address, and serves until ctx ends.
func listen(ctx context.Context, addr string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	slog.Info("listening", "url", "http://"+listener.Addr().String()+"/")
	return serve(ctx, listener)
}
