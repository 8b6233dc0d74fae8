package ws_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"

	"github.com/handset-go/handset/ws"
)

// A server that logs the events of its sessions.
func ExampleLogTrace() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { // to be the same each time
			if a.Key == slog.TimeKey || a.Key == "peer" || a.Key == "duration" {
				return slog.Attr{}
			}
			return a
		},
	}))
	upgrader := &ws.Upgrader{Options: ws.Options{Trace: ws.LogTrace(logger)}}
	_, _, _ = upgrader.Handle(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))

	session, stream, client := connect(upgrader)
	defer client.stop()
	client.close(ws.CloseNormal, "")
	for range stream.All(context.Background()) {
	}
	<-session.Done()
	// Output:
	// level=WARN msg="handshake refused" err="ws: handshake refused with 405 Method Not Allowed: handshake method is not GET"
	// level=INFO msg="session begins"
	// level=DEBUG msg="close received" code="1000 normal" description=""
	// level=DEBUG msg="close sent" code="1000 normal" description=""
	// level=INFO msg="session ends" end="closed by the peer" sent="1000 normal" received="1000 normal"
}
