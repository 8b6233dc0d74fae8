// Command gorilla dials with github.com/gorilla/websocket: ReadMessage and
// WriteMessage. The buffers are set by the guidelines of its documentation: as long
// as the longest message, and for writing from a pool.
package main

import (
	"flag"
	"sync"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/handset-go/handset/bench/internal/dial"
)

const (
	defaultBuffer = 4 << 10  // the library's own
	largeBuffer   = 64 << 10 // longer ones were slower
)

var dialer websocket.Dialer

func main() {
	flag.Parse()
	size := min(max(*dial.Largest, defaultBuffer), largeBuffer)
	dialer = websocket.Dialer{ReadBufferSize: size, WriteBufferSize: size, WriteBufferPool: new(sync.Pool)}
	dial.Main(open)
}

func open(url string) error {
	conn, _, err := dialer.Dial(url, nil)
	if err != nil {
		return err
	}
	go echo(conn)
	return nil
}

func echo(conn *websocket.Conn) {
	defer conn.Close()
	for {
		kind, message, err := conn.ReadMessage()
		// The library leaves it to the application to check text.
		if err != nil || kind == websocket.TextMessage && !utf8.Valid(message) {
			return
		}
		if conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}
