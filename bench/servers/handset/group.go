package main

import (
	"context"
	"flag"
	"net/http"

	"github.com/handset-go/handset/ws"
)

var groupName = flag.String("group", "loop", "what /group sends with: loop, by hand over a map, or sessions, over all sessions of the upgrader")

// group is what /group sends with.
type group struct {
	join    func(*ws.Session)
	leave   func(*ws.Session)
	publish func(ws.Message)
}

var groups = map[string]group{
	"loop":     {enter, leave, publish},
	"sessions": {ignore, ignore, publishToSessions},
}

func ignore(*ws.Session) {}

// serveGroup is the README's program, whose sessions are members of one group.
func serveGroup(group group) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			report(err)
			return
		}
		go func() {
			defer session.Close(ws.CloseReason{})
			group.join(session)
			defer group.leave(session)
			for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
				if err != nil {
					report(err)
					return
				}
				switch msg.Kind {
				case ws.Text, ws.Binary:
					group.publish(msg)
				case ws.Close:
					session.Close(msg.Reason)
				}
			}
		}()
	}
}

// publishToSessions is publish to all sessions there are.
func publishToSessions(msg ws.Message) {
	prepared, err := ws.Prepare(msg.Kind, msg.Data)
	if err != nil {
		return // not what the load sends
	}
	for session := range upgrader.Sessions() {
		_ = session.TrySendPrepared(prepared) // one that is slow misses it
	}
}
