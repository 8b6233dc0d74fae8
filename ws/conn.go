package ws

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/outbox"
	"github.com/handset-go/handset/internal/transport"
)

// conn is a connection, of which Session and MessageStream are the two
// halves: each is one by a conversion of its pointer. Ten thousand of them wait
// for every one that is busy, so what not every session needs, and what is
// needed only at times, is not in here.
type conn struct {
	transport transport.Conn
	out       outbox.Outbox
	registry  *registry // it belongs to
	protocol  *string   // nil for none

	compression *compression // nil if none was agreed on

	turn  turn
	rx    *input                // of whoever has the turn; nil while there is nothing to remember
	watch atomic.Pointer[watch] // of the last context that could end

	extra  atomic.Pointer[extra]
	ending atomic.Pointer[closeState] // nil until somebody asks
	flags  readerFlags
	pulse  pulse
	index  uint32      // in the registry's list
	writes atomic.Bool // it is on the list of the registry's writeTimer
}

func (s *Session) stream() *MessageStream  { return (*MessageStream)(s) }
func (m *MessageStream) session() *Session { return (*Session)(m) }

// extra is what a session can do without.
type extra struct {
	maxFrame uint64
	pump     pump                    // of the stream's own view
	channel  atomic.Pointer[pumping] // that is filled, by that view or an aggregate
	scope    atomic.Pointer[scope]   // of Context; nil until somebody asks
	values   context.Context         // that it is to carry, nil for none

	began time.Duration // since epoch, 0 if nobody is told of the end

	traffic     *trafficCounters // nil without Upgrader.SessionStats
	unfinished  unfinished       // for MessageTimeout
	foreign     foreign          // the reader's
	refusesData bool             // of Discard
	closing     atomic.Bool      // Close was called before the peer's Close frame came
	owner       outbox.Owner     // of what Continuation sends; here since the outbox keeps a pointer to it
}

// more returns the session's extra.
func (c *conn) more() *extra {
	if x := c.extra.Load(); x != nil {
		return x
	}
	c.extra.CompareAndSwap(nil, new(extra))
	return c.extra.Load()
}

// maxFrame is the longest frame that is accepted, 0 for any.
func (c *conn) maxFrame() uint64 {
	if x := c.extra.Load(); x != nil {
		return x.maxFrame
	}
	return 0
}

// pumps reports whether a channel has messages that were not taken.
func (x *extra) pumps() bool { return x != nil && x.channel.Load().holds() }
