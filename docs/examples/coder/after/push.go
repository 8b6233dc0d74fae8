package after

import (
	"net/http"

	"github.com/handset-go/handset/ws"
)

var upgrader = ws.Upgrader{
	Subprotocols:   []string{"prices.v2", "prices.v1"},
	OriginPatterns: []string{"*.example.com"},
}

// Push sends what arrives in the channel until the client leaves.
func Push(prices <-chan string) http.Handler {
	return upgrader.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		_ = stream.RefuseData().Discard()
		for {
			select {
			case price, ok := <-prices:
				if !ok {
					_ = session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "market closed"})
					return
				}
				if err := session.Text(session.Context(), price); err != nil {
					return
				}
			case <-session.Done():
				return
			}
		}
	})
}
