package serve

import "sync"

// Room hands messages to members over channels: the chat example of the
// libraries that leave queueing to the application.
type Room[M any] struct {
	mu      sync.Mutex
	members map[chan M]struct{}
}

// Join adds a member that may be behind by up to backlog messages.
func (r *Room[M]) Join(backlog int) chan M {
	member := make(chan M, backlog)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = make(map[chan M]struct{})
	}
	r.members[member] = struct{}{}
	return member
}

// Leave removes a member and closes its channel. It may be called twice.
func (r *Room[M]) Leave(member chan M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(member)
}

func (r *Room[M]) remove(member chan M) {
	if _, found := r.members[member]; found {
		delete(r.members, member)
		close(member)
	}
}

// Publish hands the message to every member; one that is too far behind is
// thrown out.
func (r *Room[M]) Publish(message M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for member := range r.members {
		select {
		case member <- message:
		default:
			r.remove(member)
		}
	}
}
