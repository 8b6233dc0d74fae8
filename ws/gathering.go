package ws

import (
	"sync"
	"time"
)

// gatherTime is how long what is sent may gather.
const gatherTime = time.Millisecond

// gathering is the sessions that hold back what they send, to send more with it.
// Nearly always they are rid of it before the time is over, without another
// word; so one timer for all of a registry looks after those that are not.
type gathering struct {
	mu       sync.Mutex
	sessions []*Session
	spare    []*Session  // empty: what sessions was the time before
	timer    *time.Timer // nil before the first session
	over     bool        // nobody is left to gather
}

// add has the session flushed when its time is over.
func (g *gathering) add(s *Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return
	}
	g.sessions = append(g.sessions, s)
	switch {
	case len(g.sessions) > 1:
	case g.timer == nil:
		g.timer = time.AfterFunc(gatherTime, g.flush)
	default:
		g.timer.Reset(gatherTime)
	}
}

// flush sends off what has gathered since the first session was added.
func (g *gathering) flush() {
	g.mu.Lock()
	due := g.sessions
	g.sessions, g.spare = g.spare, nil
	g.mu.Unlock()
	for _, s := range due {
		s.out.Flush((*outboxHost)(s))
	}
	clear(due)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.over {
		g.spare = due[:0]
	}
}

// begin is called before the first session, and end after the last, which leaves
// nothing behind.
func (g *gathering) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = false
}

func (g *gathering) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer != nil {
		g.timer.Stop()
	}
	g.sessions, g.spare, g.timer, g.over = nil, nil, nil, true
}
