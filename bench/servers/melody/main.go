// Command melody serves with github.com/olahol/melody: the chat example of its
// README.
package main

import (
	"log"
	"net/http"
	"unicode/utf8"

	"github.com/olahol/melody"

	"github.com/handset-go/handset/bench/internal/serve"
)

// messageLimit is above the largest message of the load; it is 512 B otherwise.
const messageLimit = 1 << 20

func main() {
	m := melody.New()
	m.Config.MaxMessageSize = messageLimit
	m.HandleMessage(func(s *melody.Session, message []byte) {
		if !utf8.Valid(message) { // the library leaves that to the application
			s.Close()
			return
		}
		m.Broadcast(message)
	})
	serve.Main(serve.Handlers{Group: func(w http.ResponseWriter, r *http.Request) {
		if err := m.HandleRequest(w, r); err != nil {
			log.Print(err)
		}
	}})
}
