package main

import (
	"context"
	"flag"
	"net/http"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

var memberName = flag.String("group", "close", "what /group sends by: close, drop or latest, which are package group's policies for "+
	"slow members; loop, a loop by hand over a map; or sessions, a loop over all sessions of the upgrader")

// membership is what /group sends by.
type membership struct {
	join    func(*ws.Session) error
	leave   func(*ws.Session)
	publish func(ws.Message) error
}

var memberships = map[string]func() membership{
	"close":    func() membership { return grouped(group.CloseSlow) },
	"drop":     func() membership { return grouped(group.DropNewest) },
	"latest":   func() membership { return grouped(group.KeepLatest) },
	"loop":     func() membership { return membership{enter, leave, publish} },
	"sessions": func() membership { return membership{without, func(*ws.Session) {}, publishToSessions} },
}

// grouped is package group, with the options that are the default otherwise. A member
// leaves by itself when its session ends.
func grouped(policy group.SlowPolicy) membership {
	const name = "bench"
	groups := group.New(nil, group.Options{Slow: policy})
	return membership{
		join:  func(s *ws.Session) error { return groups.Join(context.Background(), name, s) },
		leave: func(*ws.Session) {},
		publish: func(msg ws.Message) error {
			return groups.Publish(context.Background(), name, msg.Kind, msg.Data)
		},
	}
}

func without(*ws.Session) error { return nil }

// serveMember is the README's program for members of one group: what one of them sends
// goes to all.
func serveMember(member membership) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			report(err)
			return
		}
		go func() {
			defer session.Close(ws.CloseReason{})
			if err := member.join(session); err != nil {
				report(err)
				return
			}
			defer member.leave(session)
			for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
				if err != nil {
					report(err)
					return
				}
				switch msg.Kind {
				case ws.Text, ws.Binary:
					if err := member.publish(msg); err != nil {
						report(err)
						return
					}
				case ws.Close:
					session.Close(msg.Reason)
				}
			}
		}()
	}
}

// publishToSessions is publish to all sessions there are.
func publishToSessions(msg ws.Message) error {
	prepared, err := ws.Prepare(msg.Kind, msg.Data)
	if err != nil {
		return err
	}
	for session := range upgrader.Sessions() {
		_ = session.TrySendPrepared(prepared) // a session that is slow misses it
	}
	return nil
}
