package group

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/handset-go/handset/ws"
)

// A member is the membership of one session in one group.
type member struct {
	session  *ws.Session
	group    *group
	id       uint64 // of the session; see envelope
	index    int    // in group.members; guarded by group.mu
	position int    // in memberships.members; guarded by Groups.mu

	left atomic.Bool // the session is no member any more; set with mu held

	mu         sync.Mutex          // held while a message is added to the send queue, never while that waits
	catchingUp bool                // JoinRecent or Resume sends stored messages
	overflowed bool                // too many messages have arrived meanwhile
	arrived    []arrival           // the messages that have arrived meanwhile, or that CloseSlow keeps
	after      Position            // the last stored message that was sent
	latest     *ws.PreparedMessage // the message that KeepLatest sends next
	waiting    *waiting            // the goroutine that waits for the send queue; nil if there is none
}

// An arrival is a message that has arrived and is not sent yet.
type arrival struct {
	message  *ws.PreparedMessage
	position Position
}

// maxArrived is the largest number of messages that a member keeps while it catches up or
// is slow. A goroutine that sends them has as many more.
const maxArrived = 1024

// waiting is a goroutine that sends to a member and waits for its send queue.
type waiting struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// newWaiting returns a context for the sends of a goroutine, which closes done when it
// has ended.
func newWaiting(ctx context.Context) (context.Context, *waiting) {
	ctx, cancel := context.WithCancel(ctx)
	return ctx, &waiting{cancel, make(chan struct{})}
}

// An outcome is what has become of a message for one member.
type outcome int

const (
	delivered outcome = iota
	dropped
	replaced
	closed
	kept // to be sent, or counted, later
	gone // the session has ended, or is no member any more
	outcomes
)

// deliver sends a message that has arrived. It does not wait.
func (m *member) deliver(pm *ws.PreparedMessage, p Position) outcome {
	switch result := m.put(pm, p); result {
	case closed:
		m.session.Close(closeSlow)
		m.group.groups.remove(m)
		return closed
	case dropped:
		if missed := m.group.groups.options.Missed; missed != nil {
			missed(m.group.name, m.session)
		}
		return dropped
	default:
		return result
	}
}

// put adds a message to the send queue, or does what the policy says if it is full.
func (m *member) put(pm *ws.PreparedMessage, p Position) outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.left.Load():
		return gone
	case m.catchingUp:
		return m.keepLocked(pm, p)
	case m.isOldLocked(p):
		return gone
	case m.waiting != nil:
		return m.waitLocked(pm, p)
	}
	err := m.session.TrySendPrepared(pm)
	switch {
	case err == nil:
		return delivered
	case errors.Is(err, ws.ErrBufferFull):
		return m.slowLocked(pm, p)
	default:
		return gone
	}
}

// keepLocked keeps a message until the member has caught up.
func (m *member) keepLocked(pm *ws.PreparedMessage, p Position) outcome {
	if len(m.arrived) >= maxArrived {
		m.overflowed = true
		m.arrived = nil
	}
	if m.overflowed {
		return gone // JoinRecent or Resume fails
	}
	m.arrived = append(m.arrived, arrival{pm, p})
	return kept
}

// isOldLocked reports whether a message was sent as a stored message.
func (m *member) isOldLocked(p Position) bool {
	if m.after.IsZero() || p.IsZero() || p.Epoch != m.after.Epoch {
		return false
	}
	if !p.follows(m.after) {
		return true
	}
	m.after = Position{} // all further ones are later
	return false
}

// leave makes sure that nothing more is sent. It waits for a send in progress.
func (m *member) leave() {
	m.mu.Lock()
	m.left.Store(true)
	m.latest, m.arrived = nil, nil
	w := m.waiting
	m.mu.Unlock()
	if w != nil {
		w.cancel()
		<-w.done
	}
}
