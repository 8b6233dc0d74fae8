// Package before has the programs of the guide for users of coder/websocket, as they are
// written with that library.
package before

import (
	"context"
	"log"
	"net/http"

	"github.com/coder/websocket"
)

// Echo sends every message back.
func Echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		log.Print(err)
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	ctx := context.Background()
	for {
		kind, data, err := c.Read(ctx)
		if err != nil {
			log.Print(err)
			return
		}
		if err := c.Write(ctx, kind, data); err != nil {
			log.Print(err)
			return
		}
	}
}
