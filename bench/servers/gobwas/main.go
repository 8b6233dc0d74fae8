// Command gobwas serves with github.com/gobwas/ws and its wsutil helpers: the
// higher-level echo server of its README.
package main

import (
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/handset-go/handset/bench/internal/serve"
)

var room serve.Room[[]byte]

// backlog is the one of the other libraries' chat example.
const backlog = 256

func main() {
	wsutil.SetMaxMessageSize(16 << 20)
	serve.Main(serve.Handlers{Echo: handle(echo), Join: handle(join), Talk: handle(talk), Push: handle(push)})
}

func handle(serve func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			log.Print(err)
			return
		}
		go func() {
			defer conn.Close()
			serve(conn)
		}()
	}
}

func echo(conn net.Conn) {
	for {
		message, op, err := wsutil.ReadClientData(conn)
		if err != nil || wsutil.WriteServerMessage(conn, op, message) != nil {
			return
		}
	}
}

func join(conn net.Conn) {
	member := room.Join(backlog)
	defer room.Leave(member)
	go func() {
		defer conn.Close()
		for frame := range member {
			if _, err := conn.Write(frame); err != nil {
				return
			}
		}
	}()
	for {
		if _, _, err := wsutil.ReadClientData(conn); err != nil {
			return
		}
	}
}

// talk compiles the frame once for all its receivers.
func talk(conn net.Conn) {
	for {
		message, op, err := wsutil.ReadClientData(conn)
		if err != nil {
			return
		}
		frame, err := ws.CompileFrame(ws.NewFrame(op, true, message))
		if err != nil {
			return
		}
		room.Publish(frame)
	}
}

func push(conn net.Conn) {
	message, op, err := wsutil.ReadClientData(conn)
	if err != nil {
		return
	}
	var writing sync.Mutex
	serve.Push(func() error {
		writing.Lock()
		defer writing.Unlock()
		return wsutil.WriteServerMessage(conn, op, message)
	})
}
