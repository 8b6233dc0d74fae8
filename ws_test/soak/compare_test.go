package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func findBehaviour(name string) *behaviour {
	i := slices.IndexFunc(behaviours, func(b behaviour) bool { return b.name == name })
	return &behaviours[i]
}

// compareSums compares what one side has sent with what the other has received: a
// part of it, in order, and all of it if it was received up to the Close frame, or if
// all of it has left and the connection has ended in order.
func compareSums(from, to *report) (problems []string) {
	if strings.HasPrefix(from.Behaviour, "a member") && from.Side == "server" || from.Behaviour == "data to a server that refuses it" {
		return nil // membership checks it; it is not received
	}
	all := to.Complete || from.Flushed && !from.Interrupted && !to.Interrupted
	if to.Side == "server" && to.Behaviour == "a server that only sends" || to.Behaviour == "a panic" {
		all = false // it does not receive
	}
	for id := range maps.Keys(to.Received) {
		if _, sent := from.Sent[id]; !sent {
			problems = append(problems, fmt.Sprintf("%s has received stream %x, which was not sent", to.Side, id))
		}
	}
	for id, sent := range from.Sent {
		got := to.Received[id]
		switch {
		case got.Messages > sent.Messages, got.Messages == sent.Messages && got != sent, all && got != sent:
			problems = append(problems, fmt.Sprintf("stream %x: %s has sent %v, %s has received %v; all expected: %v", id, from.Side, sent, to.Side, got, all))
		}
	}
	return problems
}

// compareClose compares the Close frames of both sides.
func compareClose(client, server *report) (problems []string) {
	c, s := client.Close, server.Close
	if c == nil || s == nil {
		return nil
	}
	if c.Received.Code != s.Sent.Code || s.Received.Code != c.Sent.Code ||
		!strings.HasPrefix(s.Sent.Description, c.Received.Description) || !strings.HasPrefix(c.Sent.Description, s.Received.Description) {
		problems = append(problems, fmt.Sprintf("Close frames: the client's are %+v, the server's %+v", *c, *s))
	}
	if c.ByPeer && s.ByPeer {
		problems = append(problems, "each side says that the other has closed the session")
	}
	return problems
}

// compareSkipped compares how many messages were too big, or dropped for a member.
func compareSkipped(client, server *report) []string {
	switch client.Behaviour {
	case "messages that are too big":
		if server.Skipped > client.Skipped || server.Complete && server.Skipped != client.Skipped {
			return []string{fmt.Sprintf("the client has sent %d messages that are too big, the server has received %d", client.Skipped, server.Skipped)}
		}
	case "a member that misses the newest":
		if client.Skipped > server.Skipped {
			return []string{fmt.Sprintf("the member has missed %d messages, the group says %d", client.Skipped, server.Skipped)}
		}
	}
	return nil
}
