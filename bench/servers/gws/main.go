// Command gws serves with github.com/lxzan/gws: the Upgrader, the event handler
// and the Broadcaster of its README. ParallelEnabled stays off, because with it
// echoes overtake each other.
package main

import (
	"flag"
	"log"
	"net/http"
	"sync"

	"github.com/lxzan/gws"

	"github.com/handset-go/handset/bench/internal/serve"
)

func main() {
	flag.Parse()
	room := &room{members: make(map[*gws.Conn]struct{})}
	serve.Main(serve.Handlers{
		Echo:  handle(new(echo)),
		Join:  handle(room),
		Talk:  handle(&talk{room: room}),
		Push:  handle(new(push)),
		Group: handle(&group{room}),
	})
}

func handle(event gws.Event) http.HandlerFunc {
	upgrader := gws.NewUpgrader(event, &gws.ServerOption{
		Recovery:         gws.Recovery,
		CheckUtf8Enabled: true, // as everywhere here
		PermessageDeflate: gws.PermessageDeflate{
			Enabled: *serve.Deflate, Level: serve.Level,
			ServerContextTakeover: *serve.Takeover, ServerMaxWindowBits: 15,
			ClientContextTakeover: *serve.Takeover, ClientMaxWindowBits: 15,
		},
	})
	return func(w http.ResponseWriter, r *http.Request) {
		socket, err := upgrader.Upgrade(w, r)
		if err != nil {
			log.Print(err)
			return
		}
		serve.Loop(serve.InGoroutine, socket.ReadLoop) // "Blocking prevents the context from being GC."
	}
}

type echo struct{ gws.BuiltinEventHandler }

func (*echo) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = socket.WriteMessage(message.Opcode, message.Bytes())
}

type room struct {
	gws.BuiltinEventHandler
	mu      sync.Mutex
	members map[*gws.Conn]struct{}
}

func (r *room) OnOpen(socket *gws.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[socket] = struct{}{}
}

func (r *room) OnClose(socket *gws.Conn, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, socket)
}

type talk struct {
	gws.BuiltinEventHandler
	room *room
}

func (t *talk) OnMessage(_ *gws.Conn, message *gws.Message) { t.room.publish(message) }

// group is room and talk on one connection.
type group struct{ *room }

func (g *group) OnMessage(_ *gws.Conn, message *gws.Message) { g.publish(message) }

func (r *room) publish(message *gws.Message) {
	defer message.Close()
	broadcaster := gws.NewBroadcaster(message.Opcode, message.Bytes())
	defer broadcaster.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for member := range r.members {
		_ = broadcaster.Broadcast(member)
	}
}

type push struct{ gws.BuiltinEventHandler }

func (*push) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer message.Close()
	serve.Push(func() error { return socket.WriteMessage(message.Opcode, message.Bytes()) })
}
