// Command handset serves with this repository's library. How it listens is a
// flag: -view recv, all or chan, of the stream as it is or with -aggregate, or
// -view readme, handler or closures, which are whole programs as users write them.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"

	"github.com/handset-go/handset/bench/internal/serve"
	"github.com/handset-go/handset/ws"
)

// aggregateLimit is above the largest message of the load.
const aggregateLimit = 16 << 20

var (
	upgrader  ws.Upgrader
	viewName  = flag.String("view", "recv", "how to listen: recv, all, chan, readme, handler or closures")
	aggregate = flag.Bool("aggregate", false, "receive whole messages, with -view recv, all or chan")
)

func main() {
	flag.Parse()
	echo, found := views[*viewName]
	if !found {
		log.Fatalf("no view %q", *viewName)
	}
	member, found := memberships[*memberName]
	if !found {
		log.Fatalf("no group %q", *memberName)
	}
	switch *viewName {
	case "readme", "handler", "closures":
		log.SetOutput(io.Discard) // each of 10,000 sessions logs how it ended
	}
	if *serve.Deflate {
		upgrader.Compression = ws.Compression{Level: serve.Level, SendTakeover: *serve.Takeover, RecvTakeover: *serve.Takeover}
	}
	serve.Main(serve.Handlers{
		Echo:  echo,
		Join:  handle(join),
		Talk:  handle(talk),
		Push:  handle(push),
		Group: serveMember(member()),
	})
}

// handle returns from the handler at once and receives in a new goroutine, as
// the README's first example does, unless -loop says otherwise.
func handle(work func(*ws.Session, stream)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, messages, err := upgrader.Handle(w, r)
		if err != nil {
			log.Print(err)
			return
		}
		serve.Loop(serve.InGoroutine, func() {
			defer session.Close(ws.CloseReason{})
			work(session, whole(messages))
		})
	}
}

func whole(messages *ws.MessageStream) stream {
	if *aggregate {
		return messages.Aggregate(aggregateLimit)
	}
	return messages
}
