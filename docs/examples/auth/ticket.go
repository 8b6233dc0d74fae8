package auth

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
)

// Tickets are for one handshake each, and valid for 30 s.
type Tickets struct {
	mu   sync.Mutex
	user map[string]string // by ticket
}

// Issue returns a ticket. The request is authenticated by other means, for example
// by an Authorization header.
func (t *Tickets) Issue(user string) string {
	ticket := rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.user == nil {
		t.user = make(map[string]string)
	}
	t.user[ticket] = user
	time.AfterFunc(30*time.Second, func() { t.redeem(ticket) })
	return ticket
}

// redeem returns the user of a ticket, and deletes it.
func (t *Tickets) redeem(ticket string) (user string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	user, ok = t.user[ticket]
	delete(t.user, ticket)
	return user, ok
}

// ServeHTTP serves clients that have a ticket in the URL: wss://example.com/chat?ticket=…
func (t *Tickets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, ok := t.redeem(r.URL.Query().Get("ticket"))
	if !ok {
		http.Error(w, "the ticket is not valid", http.StatusUnauthorized)
		return
	}
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		return
	}
	go serve(session, stream.Aggregate(1<<20), user)
}
