package group

import (
	"context"

	"github.com/handset-go/handset/ws"
)

// A SlowPolicy determines what happens to a message for a member whose send queue is
// full (ws.Options.SendBuffer), because its peer or its network is slow. The other
// members are not affected. A session to which a fragmented message is being sent, by
// Session.Writer or Session.Continuation, accepts no other message until it is complete
// and counts as slow, too.
type SlowPolicy int

const (
	// CloseSlow keeps up to 1,024 messages until there is space, so that a burst does not
	// make a member slow whose peer receives. If more arrive, it closes the session with
	// ws.CloseTryAgainLater (1013). The client can connect again and resume, or load the
	// current state. Members share the messages that are kept for them.
	CloseSlow SlowPolicy = iota

	// DropNewest drops the message for this member; see Options.Missed.
	DropNewest

	// KeepLatest keeps the message until there is space, and replaces it by each
	// newer one. The member misses messages, but not the last one. This suits values of
	// which only the current one counts. What is in the send queue is sent
	// before: a small ws.Options.SendBuffer makes the values more current.
	KeepLatest
)

// closeSlow is the reason for closing a slow member.
var closeSlow = ws.CloseReason{Code: ws.CloseTryAgainLater, Description: "too slow"}

// slowLocked does what the policy says for a message that the send queue has no
// space for.
func (m *member) slowLocked(pm *ws.PreparedMessage, p Position) outcome {
	if m.group.groups.options.Slow == DropNewest {
		return dropped
	}
	ctx, w := newWaiting(context.Background())
	m.waiting = w
	if m.group.groups.options.Slow == KeepLatest {
		m.latest = pm
		go m.sendLatest(ctx, w)
	} else {
		m.arrived = append(m.arrived, arrival{pm, p})
		go m.sendKept(ctx, w, m.after)
	}
	return kept
}

// waitLocked keeps a message while a goroutine waits for the send queue.
func (m *member) waitLocked(pm *ws.PreparedMessage, p Position) outcome {
	switch {
	case m.group.groups.options.Slow == KeepLatest:
		return m.replaceLocked(pm)
	case len(m.arrived) < maxArrived:
		m.arrived = append(m.arrived, arrival{pm, p})
		return kept
	default:
		m.left.Store(true)
		m.arrived = nil
		return closed
	}
}

// sendKept sends what CloseSlow has kept, and waits for the send queue.
func (m *member) sendKept(ctx context.Context, w *waiting, last Position) {
	err := m.sendArrived(ctx, last)
	w.cancel()
	close(w.done)
	if err != nil { // the session has ended or is being closed, or has left
		m.group.groups.remove(m)
	}
}

// replaceLocked replaces the message that is sent next.
func (m *member) replaceLocked(pm *ws.PreparedMessage) outcome {
	result := kept
	if m.latest != nil {
		result = replaced
	}
	m.latest = pm
	return result
}

// sendLatest sends the latest message, as long as there is one, and waits for the
// send queue.
func (m *member) sendLatest(ctx context.Context, w *waiting) {
	defer close(w.done)
	defer w.cancel()
	for pm := m.takeLatest(); pm != nil; pm = m.takeLatest() {
		if m.session.SendPrepared(ctx, pm) != nil {
			return // the session has ended, or has left
		}
		m.group.groups.counts.delivered.Add(1)
	}
}

// takeLatest returns the message to be sent next. If there is none, the goroutine
// must end.
func (m *member) takeLatest() *ws.PreparedMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	pm := m.latest
	m.latest = nil
	if pm == nil {
		m.waiting = nil
	}
	return pm
}
