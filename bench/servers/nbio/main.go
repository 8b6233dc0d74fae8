// Command nbio serves with github.com/lesismal/nbio: the engine and the upgrader
// of its WebSocket examples, so that an idle connection has no goroutine. It is
// a module of its own, because the library cannot be had everywhere.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"runtime"
	"sync"

	"github.com/lesismal/llib/std/crypto/tls"
	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"

	"github.com/handset-go/handset/bench/internal/serve"
)

// messageLimit is above the largest message of the load.
const messageLimit = 16 << 20

func main() {
	cert := flag.Lookup("cert")
	key := flag.Lookup("key")
	flag.Parse()
	logging.SetLevel(logging.LevelError)
	room := &room{members: make(map[*websocket.Conn]struct{})}
	handlers := serve.Handlers{
		Echo: handle(echo, nil, nil),
		Join: handle(ignore, room.enter, room.leave),
		Talk: handle(room.talk, nil, nil),
		Push: handle(push, nil, nil),
	}
	addr, err := start(handlers.Mux(), cert.Value.String(), key.Value.String())
	if err != nil {
		log.Fatal(err)
	}
	serve.Ready(addr)
	select {}
}

// start starts an engine on a free port, and says which.
func start(handler http.Handler, cert, key string) (addr net.Addr, err error) {
	config := nbhttp.Config{
		Network:                 "tcp",
		NPoller:                 runtime.GOMAXPROCS(0),
		MaxLoad:                 1_000_000,
		ReleaseWebsocketPayload: true,
		Handler:                 handler,
		Listen: func(network, at string) (net.Listener, error) {
			listener, err := net.Listen(network, at)
			if err == nil {
				addr = listener.Addr()
			}
			return listener, err
		},
	}
	if cert == "" {
		config.Addrs = []string{"127.0.0.1:0"}
	} else {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		config.AddrsTLS = []string{"127.0.0.1:0"}
		config.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	err = nbhttp.NewEngine(config).Start()
	return addr, err
}

func handle(onMessage func(*websocket.Conn, websocket.MessageType, []byte), onOpen func(*websocket.Conn), onClose func(*websocket.Conn, error)) http.HandlerFunc {
	upgrader := websocket.NewUpgrader()
	upgrader.MessageLengthLimit = messageLimit
	upgrader.OnMessage(onMessage)
	if onOpen != nil {
		upgrader.OnOpen(onOpen)
	}
	if onClose != nil {
		upgrader.OnClose(onClose)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := upgrader.Upgrade(w, r, nil); err != nil {
			log.Print(err)
		}
	}
}

func echo(conn *websocket.Conn, kind websocket.MessageType, data []byte) {
	conn.WriteMessage(kind, data)
}

func ignore(*websocket.Conn, websocket.MessageType, []byte) {}

// push leaves the connection's own goroutine free, and keeps a message that the
// engine takes back.
func push(conn *websocket.Conn, kind websocket.MessageType, data []byte) {
	data = append([]byte(nil), data...)
	go serve.Push(func() error { return conn.WriteMessage(kind, data) })
}

type room struct {
	mu      sync.Mutex
	members map[*websocket.Conn]struct{}
}

func (r *room) enter(conn *websocket.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[conn] = struct{}{}
}

func (r *room) leave(conn *websocket.Conn, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, conn)
}

func (r *room) talk(_ *websocket.Conn, kind websocket.MessageType, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for member := range r.members {
		member.WriteMessage(kind, data)
	}
}
