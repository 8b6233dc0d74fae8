package auth

import (
	"net/http"
	"strings"

	"github.com/handset-go/handset/ws"
)

// chat does not have the token's subprotocol, so that no response has it.
var chat = ws.Upgrader{Subprotocols: []string{"chat.v1"}}

// Subprotocol serves clients that offer a token among their subprotocols.
func Subprotocol(users Users) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, ok := users.User(bearer(r))
		if !ok {
			http.Error(w, "the token is not valid", http.StatusUnauthorized)
			return
		}
		session, stream, err := chat.Handle(w, r)
		if err != nil {
			return
		}
		go serve(session, stream.Aggregate(1<<20), user)
	}
}

// bearer returns the token of a request, or "".
func bearer(r *http.Request) string {
	for _, name := range ws.Subprotocols(r) {
		if token, ok := strings.CutPrefix(name, "bearer."); ok {
			return token
		}
	}
	return ""
}
