package after

import (
	"context"
	"net/http"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// Rooms sends each message to the others of the same room, and says who comes and goes.
func Rooms() http.HandlerFunc {
	groups := group.New(nil, group.Options{Slow: group.DropNewest})
	return func(w http.ResponseWriter, r *http.Request) {
		room, name := r.FormValue("room"), r.FormValue("name")
		session, stream, err := ws.Handle(w, r)
		if err != nil {
			return
		}
		say := func(text string) {
			_ = groups.PublishExcept(context.Background(), room, ws.Text, []byte(name+text), session)
		}
		go func() {
			defer session.Close(ws.CloseReason{})
			if err := groups.Join(session.Context(), room, session); err != nil {
				return
			}
			say(" joins")
			defer say(" leaves")
			for msg, err := range stream.Aggregate(512).All(context.Background()) {
				if err == nil && msg.Kind == ws.Text {
					say(": " + string(msg.Data))
				}
			}
		}()
	}
}
