package serve

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof" // on the control side
	"runtime"
	"runtime/debug"
)

// Handlers are what a server offers. Those it does not are nil.
type Handlers struct {
	Echo  http.HandlerFunc // sends every message back
	Join  http.HandlerFunc // joins the room
	Talk  http.HandlerFunc // sends every message to everyone in the room
	Push  http.HandlerFunc // sends the first message without end, from Pushers goroutines at once
	Group http.HandlerFunc // joins a group, and sends every message to all its members
}

var (
	cert = flag.String("cert", "", "PEM file of the certificate; empty: no TLS")
	key  = flag.String("key", "", "PEM file of the certificate's key")
)

// Main parses the flags and serves the handlers by way of net/http until the
// process is killed.
func Main(handlers Handlers) {
	flag.Parse()
	checkLoop()
	listener := listen()
	Ready(listener.Addr())
	if *cert == "" {
		log.Fatal(http.Serve(listener, handlers.Mux()))
	}
	log.Fatal(http.ServeTLS(listener, handlers.Mux(), *cert, *key))
}

// Mux has each handler at its path.
func (h Handlers) Mux() *http.ServeMux {
	mux := http.NewServeMux()
	for path, handler := range map[string]http.HandlerFunc{
		"/echo": h.Echo, "/join": h.Join, "/talk": h.Talk, "/push": h.Push, "/group": h.Group,
	} {
		if handler != nil {
			mux.Handle(path, handler)
		}
	}
	return mux
}

// Ready opens the control side, and says where it listens, and where the server
// does: nowhere if addr is nil, as a client's is.
func Ready(addr net.Addr) {
	runtime.MemProfileRate = 0 // its samples are no server's memory
	log.SetFlags(0)
	http.HandleFunc("/gc", collect)
	control := listen()
	go func() { log.Fatal(http.Serve(control, nil)) }()
	if addr == nil {
		fmt.Printf("ready - %s\n", control.Addr())
		return
	}
	fmt.Printf("ready %s %s\n", addr, control.Addr())
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

// collect gives back all the memory that can be given back. Pools are emptied
// by the second collection after their last use, stacks shrink by half a
// collection, and one call of FreeOSMemory leaves free pages to the next.
func collect(w http.ResponseWriter, r *http.Request) {
	for range 4 {
		debug.FreeOSMemory()
	}
}
