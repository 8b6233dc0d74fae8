package before

import (
	"log"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Listen logs what a client sends, and detects a client that is gone.
func Listen(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	done := make(chan struct{})
	defer close(done)
	go ping(c, done)
	c.SetReadLimit(1 << 20)
	_ = c.SetReadDeadline(time.Now().Add(60 * time.Second))
	c.SetPongHandler(func(string) error {
		return c.SetReadDeadline(time.Now().Add(60 * time.Second))
	})
	for {
		_, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		log.Printf("%s", data)
	}
}

func ping(c *websocket.Conn, done <-chan struct{}) {
	ticker := time.NewTicker(54 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			deadline := time.Now().Add(10 * time.Second)
			if err := c.WriteControl(websocket.PingMessage, nil, deadline); err != nil {
				return
			}
		case <-done:
			return
		}
	}
}
