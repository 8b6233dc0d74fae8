package redis

import "slices"

// A channel is the channel of one group. Its fields are guarded by events.mu.
type channel struct {
	name          string
	subscribed    bool            // by a SUBSCRIBE on the current connection, confirmed or not
	confirmed     bool            // by Redis
	subscriptions []*subscription // replaced, never modified
}

// add adds a subscription, which becomes active when its channel is confirmed, or at once if
// it is already.
func (e *events) add(s *subscription) {
	e.mu.Lock()
	defer e.mu.Unlock()
	name := e.channelName(s.group)
	ch := e.channels[name]
	if ch == nil {
		ch = &channel{name: name}
		e.channels[ch.name] = ch
	}
	s.channel = ch
	ch.subscriptions = append(ch.subscriptions[:len(ch.subscriptions):len(ch.subscriptions)], s)
	if ch.confirmed {
		s.activateLocked(nil)
		return
	}
	e.addTodoLocked(ch)
}

// remove removes a subscription that is closed.
func (e *events) remove(s *subscription) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ch := s.channel
	i := slices.Index(ch.subscriptions, s)
	if i < 0 {
		return
	}
	ch.subscriptions = slices.Delete(slices.Clone(ch.subscriptions), i, i+1)
	if len(ch.subscriptions) == 0 {
		e.addTodoLocked(ch)
	}
}

// all returns all subscriptions.
func (e *events) all() []*subscription {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []*subscription
	for _, ch := range e.channels {
		all = append(all, ch.subscriptions...)
	}
	return all
}

// groups returns the names of the groups that have a subscription.
func (e *events) groups() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var groups []string
	for _, ch := range e.channels {
		if len(ch.subscriptions) > 0 {
			groups = append(groups, ch.subscriptions[0].group)
		}
	}
	return groups
}

// confirm is called when Redis has confirmed the subscription to a channel.
func (e *events) confirm(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ch := e.channels[name]; ch != nil {
		ch.confirmed = true
		for _, s := range ch.subscriptions {
			s.activateLocked(e.lost)
		}
	}
	if e.awaited--; e.awaited == 0 {
		e.confirmed <- struct{}{} // await has made space
	}
}

// confirmedSubscriptions returns the subscriptions of a channel if it is confirmed.
func (e *events) confirmedSubscriptions(name string) []*subscription {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ch := e.channels[name]; ch != nil && ch.confirmed {
		return ch.subscriptions
	}
	return nil
}
