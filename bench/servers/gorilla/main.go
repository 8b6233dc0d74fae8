// Command gorilla serves with github.com/gorilla/websocket: the echo example of
// its README and the hub of its chat example, with prepared messages.
package main

import (
	"flag"
	"log"
	"net/http"
	"sync"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/handset-go/handset/bench/internal/serve"
)

var (
	upgrader websocket.Upgrader // with the default options, and compression if asked for, whose level is 1 then
	room     serve.Room[*websocket.PreparedMessage]
)

// backlog is the chat example's.
const backlog = 256

func main() {
	flag.Parse()
	upgrader.EnableCompression = *serve.Deflate
	serve.Main(serve.Handlers{Echo: handle(echo), Join: handle(join), Talk: handle(talk), Push: handle(push), Group: handle(group)})
}

// handle works in new goroutines "to allow collection of memory referenced by
// the caller", as the chat example says.
func handle(work func(*websocket.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			log.Print(err)
			return
		}
		serve.Loop(serve.InGoroutine, func() {
			defer conn.Close()
			work(conn)
		})
	}
}

// read checks text too: the library leaves that to the application.
func read(conn *websocket.Conn) (kind int, message []byte, ok bool) {
	kind, message, err := conn.ReadMessage()
	return kind, message, err == nil && (kind != websocket.TextMessage || utf8.Valid(message))
}

func echo(conn *websocket.Conn) {
	for {
		kind, message, ok := read(conn)
		if !ok || conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func join(conn *websocket.Conn) {
	defer room.Leave(enter(conn))
	for {
		if _, _, ok := read(conn); !ok {
			return
		}
	}
}

// group is join and talk on one connection, as in the chat example.
func group(conn *websocket.Conn) {
	defer room.Leave(enter(conn))
	talk(conn)
}

func enter(conn *websocket.Conn) (member chan *websocket.PreparedMessage) {
	member = room.Join(backlog)
	go func() {
		defer conn.Close()
		for message := range member {
			if conn.WritePreparedMessage(message) != nil {
				return
			}
		}
	}()
	return member
}

func talk(conn *websocket.Conn) {
	for {
		kind, message, ok := read(conn)
		if !ok {
			return
		}
		prepared, err := websocket.NewPreparedMessage(kind, message)
		if err != nil {
			return
		}
		room.Publish(prepared)
	}
}

// push locks: the library allows one writer at a time.
func push(conn *websocket.Conn) {
	kind, message, ok := read(conn)
	if !ok {
		return
	}
	var writing sync.Mutex
	serve.Push(func() error {
		writing.Lock()
		defer writing.Unlock()
		return conn.WriteMessage(kind, message)
	})
}
