package before

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Close is the end of a session, as the program saves it.
type Close struct {
	Code int
	Text string
}

// Quiz closes the connection after the answer, and saves how it ended.
func Quiz(ended chan<- Close) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.SetReadLimit(1 << 10)
		if _, answer, err := c.ReadMessage(); err == nil {
			reason := websocket.FormatCloseMessage(4000, "wrong")
			if string(answer) == "42" {
				reason = websocket.FormatCloseMessage(websocket.CloseNormalClosure, "right")
			}
			_ = c.WriteControl(websocket.CloseMessage, reason, time.Now().Add(time.Second))
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		for {
			if _, _, err := c.ReadMessage(); err != nil {
				if closed, ok := err.(*websocket.CloseError); ok {
					ended <- Close{closed.Code, closed.Text}
				} else {
					ended <- Close{websocket.CloseAbnormalClosure, err.Error()}
				}
				return
			}
		}
	}
}
