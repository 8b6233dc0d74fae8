// Command coder serves with github.com/coder/websocket: Read and Write, and the
// subscribers of its chat example.
package main

import (
	"context"
	"log"
	"net/http"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/bench/internal/serve"
)

type message struct {
	kind websocket.MessageType
	data []byte
}

var room serve.Room[message]

// backlog is the chat example's subscriberMessageBuffer.
const backlog = 16

func main() {
	serve.Main(serve.Handlers{Echo: handle(echo), Join: handle(join), Talk: handle(talk), Push: handle(push)})
}

func handle(work func(context.Context, *websocket.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: compression()})
		if err != nil {
			log.Print(err)
			return
		}
		conn.SetReadLimit(-1) // 32 KiB otherwise, and the load sends more
		serve.Loop(serve.InHandler, func() {
			defer conn.CloseNow()
			work(context.Background(), conn)
		})
	}
}

// compression is at the library's own level, which is 1.
func compression() websocket.CompressionMode {
	switch {
	case *serve.Takeover:
		return websocket.CompressionContextTakeover
	case *serve.Deflate:
		return websocket.CompressionNoContextTakeover
	}
	return websocket.CompressionDisabled
}

// read checks text too: the library leaves that to the application.
func read(ctx context.Context, conn *websocket.Conn) (m message, ok bool) {
	kind, data, err := conn.Read(ctx)
	return message{kind, data}, err == nil && (kind != websocket.MessageText || utf8.Valid(data))
}

func echo(ctx context.Context, conn *websocket.Conn) {
	for {
		m, ok := read(ctx, conn)
		if !ok || conn.Write(ctx, m.kind, m.data) != nil {
			return
		}
	}
}

func join(ctx context.Context, conn *websocket.Conn) {
	ctx = conn.CloseRead(ctx)
	member := room.Join(backlog)
	defer room.Leave(member)
	for {
		select {
		case m, open := <-member:
			if !open || conn.Write(ctx, m.kind, m.data) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func talk(ctx context.Context, conn *websocket.Conn) {
	for {
		m, ok := read(ctx, conn)
		if !ok {
			return
		}
		room.Publish(m)
	}
}

func push(ctx context.Context, conn *websocket.Conn) {
	m, ok := read(ctx, conn)
	if !ok {
		return
	}
	serve.Push(func() error { return conn.Write(ctx, m.kind, m.data) })
}
