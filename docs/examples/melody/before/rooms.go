package before

import (
	"net/http"

	"github.com/olahol/melody"
)

// Rooms sends each message to the others of the same room, and says who comes and goes.
func Rooms() http.HandlerFunc {
	m := melody.New()
	inRoom := func(s *melody.Session) func(*melody.Session) bool {
		return func(other *melody.Session) bool {
			return other != s && other.MustGet("room") == s.MustGet("room")
		}
	}
	say := func(s *melody.Session, text string) {
		_ = m.BroadcastFilter([]byte(s.MustGet("name").(string)+text), inRoom(s))
	}
	m.HandleConnect(func(s *melody.Session) { say(s, " joins") })
	m.HandleDisconnect(func(s *melody.Session) { say(s, " leaves") })
	m.HandleMessage(func(s *melody.Session, text []byte) { say(s, ": "+string(text)) })
	return func(w http.ResponseWriter, r *http.Request) {
		_ = m.HandleRequestWithKeys(w, r, map[string]any{"room": r.FormValue("room"), "name": r.FormValue("name")})
	}
}
