// Command handset serves with this repository's library. How it listens is a
// flag: -view recv, all or chan, of the stream as it is or with -aggregate.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/handset-go/handset/bench/internal/serve"
	"github.com/handset-go/handset/ws"
)

// aggregateLimit is above the largest message of the load.
const aggregateLimit = 16 << 20

var (
	upgrader  ws.Upgrader
	viewName  = flag.String("view", "recv", "how to listen: recv, all or chan")
	aggregate = flag.Bool("aggregate", false, "listen for whole messages")
)

func main() {
	flag.Parse()
	echo, found := echoes[*viewName]
	if !found {
		log.Fatalf("no view %q", *viewName)
	}
	if *serve.Deflate {
		upgrader.Compression = ws.Compression{Level: serve.Level, SendTakeover: *serve.Takeover, RecvTakeover: *serve.Takeover}
	}
	serve.Main(serve.Handlers{
		Echo: handle(echo),
		Join: handle(join),
		Talk: handle(talk),
		Push: handle(push),
	})
}

// handle returns from the handler at once and serves from a new goroutine, as
// the README's first example does.
func handle(serve func(*ws.Session, stream)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, messages, err := upgrader.Handle(w, r)
		if err != nil {
			log.Print(err)
			return
		}
		go func() {
			defer session.Close(ws.CloseReason{})
			serve(session, whole(messages))
		}()
	}
}

func whole(messages *ws.MessageStream) stream {
	if *aggregate {
		return messages.Aggregate(aggregateLimit)
	}
	return messages
}
