// Package before has the programs of the guide for users of melody, as they are written
// with that library.
package before

import (
	"net/http"

	"github.com/olahol/melody"
)

// Chat sends each message to all clients.
func Chat() http.HandlerFunc {
	m := melody.New()
	m.Config.MaxMessageSize = 1 << 10
	m.HandleMessage(func(_ *melody.Session, text []byte) {
		_ = m.Broadcast(text)
	})
	return func(w http.ResponseWriter, r *http.Request) {
		_ = m.HandleRequest(w, r)
	}
}
