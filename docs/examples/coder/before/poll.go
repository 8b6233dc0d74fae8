package before

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// Greet greets a client that has sent nothing for a while, and then goes on. The
// end of a context closes the connection, so a goroutine has to read.
func Greet(after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		messages, failed := make(chan []byte), make(chan error, 1)
		go func() {
			for {
				_, data, err := c.Read(ctx)
				if err != nil {
					failed <- err
					return
				}
				select {
				case messages <- data:
				case <-ctx.Done():
					return
				}
			}
		}()
		for {
			text := []byte("still there?")
			select {
			case text = <-messages:
			case <-time.After(after):
			case <-failed:
				return
			}
			if err := c.Write(ctx, websocket.MessageText, text); err != nil {
				return
			}
		}
	}
}
