// Package before has the programs of the guide for users of gorilla/websocket, as they
// are written with that library.
package before

import (
	"log"
	"net/http"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{}

// Echo sends every message back.
func Echo(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		log.Print(err)
		return
	}
	defer c.Close()
	c.SetReadLimit(1 << 20)
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			log.Print(err)
			return
		}
		if err := c.WriteMessage(kind, data); err != nil {
			log.Print(err)
			return
		}
	}
}
