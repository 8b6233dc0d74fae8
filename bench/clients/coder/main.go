// Command coder dials with github.com/coder/websocket: Read and Write.
package main

import (
	"context"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/bench/internal/dial"
)

func main() { dial.Main(open) }

func open(url string) error {
	ctx := context.Background()
	conn, _, err := websocket.Dial(ctx, url, nil) // without compression, as is its default
	if err != nil {
		return err
	}
	conn.SetReadLimit(-1) // 32 KiB otherwise, and the load sends more
	go echo(ctx, conn)
	return nil
}

func echo(ctx context.Context, conn *websocket.Conn) {
	defer conn.CloseNow()
	for {
		kind, data, err := conn.Read(ctx)
		// The library leaves it to the application to check text.
		if err != nil || kind == websocket.MessageText && !utf8.Valid(data) {
			return
		}
		if conn.Write(ctx, kind, data) != nil {
			return
		}
	}
}
