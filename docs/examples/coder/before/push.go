package before

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// Push sends what arrives in the channel until the client leaves.
func Push(prices <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols:   []string{"prices.v2", "prices.v1"},
			OriginPatterns: []string{"*.example.com"},
		})
		if err != nil {
			return
		}
		defer c.CloseNow()
		ctx := c.CloseRead(r.Context())
		ping := time.NewTicker(30 * time.Second)
		defer ping.Stop()
		for {
			select {
			case price, ok := <-prices:
				if !ok {
					_ = c.Close(websocket.StatusNormalClosure, "market closed")
					return
				}
				if err := write(ctx, c, price); err != nil {
					return
				}
			case <-ping.C:
				if err := c.Ping(ctx); err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func write(ctx context.Context, c *websocket.Conn, text string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return c.Write(ctx, websocket.MessageText, []byte(text))
}
