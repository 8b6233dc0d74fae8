package observe

import (
	"fmt"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Stats shows the statistics of an Upgrader.
func Stats(upgrader *ws.Upgrader) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		stats := upgrader.Stats()
		fmt.Fprintln(w, "sessions", stats.Sessions)
		fmt.Fprintln(w, "messages", stats.In.Messages, stats.Out.Messages)
		fmt.Fprintln(w, "queued bytes", stats.Queued)
		for reason, n := range stats.Ends {
			fmt.Fprintln(w, "ended:", reason, n)
		}
	}
}
