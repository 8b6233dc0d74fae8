package ws

import (
	"errors"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/outbox"
)

// Traffic counts what was sent or received in one direction. Its counters are
// monotonic. Received data is counted when the reader next waits, and sent data
// when the operating system has begun to accept it. Frames of the heartbeat are
// included.
type Traffic struct {
	Messages uint64 // data messages
	Frames   uint64 // frames of any kind
	Payload  uint64 // bytes of payload, as transmitted
	Wire     uint64 // bytes of frames with their headers, without those of TLS and TCP
}

// Stats are the statistics of an Upgrader or a Dialer.
type Stats struct {
	Sessions int    // open sessions
	Total    uint64 // sessions that have begun
	Refused  uint64 // handshakes that were refused

	In, Out Traffic
	Queued  int           // bytes in the send queues
	Latency time.Duration // mean of the sessions whose latency is known, or 0
	Pings   uint64        // sent by the heartbeat
	Pongs   uint64        // received in answer to them
	Unread  uint64        // times that Trace.Unread was called, or would have been

	ClosesSent, ClosesReceived map[CloseCode]uint64 // Close frames by code, 0 for none
	Ends                       map[EndReason]uint64 // sessions that have ended, by reason
}

// An EndReason is a reason for which a session ended. Session.Err has more
// detail.
type EndReason uint8

const (
	EndClosed           EndReason = iota // by a closing handshake: a *CloseError
	EndConnectionLost                    // by errors.Is an io.ErrUnexpectedEOF
	EndProtocolError                     // a *ProtocolError
	EndWriteTimeout                      // ErrWriteTimeout
	EndCloseTimeout                      // ErrCloseTimeout
	EndHeartbeatTimeout                  // ErrHeartbeatTimeout
	EndMessageTimeout                    // ErrMessageTimeout
	EndShutdown                          // ErrShutdown
	EndAbandoned                         // ErrAbandoned
)

const endReasons = EndAbandoned + 1 // number of reasons

var endReasonNames = [endReasons]string{
	EndClosed:           "closed",
	EndConnectionLost:   "connection lost",
	EndProtocolError:    "protocol error",
	EndWriteTimeout:     "write timeout",
	EndCloseTimeout:     "close timeout",
	EndHeartbeatTimeout: "heartbeat timeout",
	EndMessageTimeout:   "message timeout",
	EndShutdown:         "shutdown",
	EndAbandoned:        "abandoned",
}

// String returns the reason in words, such as "write timeout".
func (r EndReason) String() string {
	if r < endReasons {
		return endReasonNames[r]
	}
	return "EndReason(" + strconv.Itoa(int(r)) + ")"
}

// endReason returns the EndReason of a session that has ended with err.
func endReason(err error) EndReason {
	if closed(err) {
		return EndClosed
	}
	for _, e := range []struct {
		err    error
		reason EndReason
	}{
		{ErrWriteTimeout, EndWriteTimeout},
		{ErrCloseTimeout, EndCloseTimeout},
		{ErrHeartbeatTimeout, EndHeartbeatTimeout},
		{ErrMessageTimeout, EndMessageTimeout},
		{ErrShutdown, EndShutdown},
		{ErrAbandoned, EndAbandoned},
	} {
		if errors.Is(err, e.err) {
			return e.reason
		}
	}
	if _, ok := err.(*ProtocolError); ok {
		return EndProtocolError
	}
	return EndConnectionLost
}

// SessionStats are the statistics of a session.
type SessionStats struct {
	In, Out Traffic       // zero without Options.SessionStats
	Queued  int           // bytes in the send queue
	Latency time.Duration // see Session.Latency
}

// lifecycleCounts counts how sessions begin and end. The registry's lock guards it.
type lifecycleCounts struct {
	begun, refused uint64
	ends           [endReasons]uint64
}

func (c *lifecycleCounts) stats() Stats {
	stats := Stats{Total: c.begun, Refused: c.refused, Ends: make(map[EndReason]uint64)}
	for reason, n := range c.ends {
		if n > 0 {
			stats.Ends[EndReason(reason)] = n
		}
	}
	return stats
}

// closeFrameCounts counts Close frames by their codes.
type closeFrameCounts struct {
	mu             sync.Mutex
	sent, received map[CloseCode]uint64 // nil before the first one
}

func (c *closeFrameCounts) countSent(code CloseCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent == nil {
		c.sent = make(map[CloseCode]uint64)
	}
	c.sent[code]++
}

func (c *closeFrameCounts) countReceived(code CloseCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.received == nil {
		c.received = make(map[CloseCode]uint64)
	}
	c.received[code]++
}

func (c *closeFrameCounts) copy() (sent, received map[CloseCode]uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.sent), maps.Clone(c.received)
}

// counters are the counters of Traffic, safe for concurrent use.
type counters struct{ messages, frames, payload, wire atomic.Uint64 }

func (c *counters) add(n outbox.Count) {
	c.messages.Add(uint64(n.Messages))
	c.frames.Add(uint64(n.Frames))
	c.payload.Add(n.Wire - n.Headers)
	c.wire.Add(n.Wire)
}

func (c *counters) traffic() Traffic {
	return Traffic{c.messages.Load(), c.frames.Load(), c.payload.Load(), c.wire.Load()}
}

// trafficCounters are the counters of both directions.
type trafficCounters struct{ in, out counters }

func (t *trafficCounters) add(out, in outbox.Count) {
	t.out.add(out)
	t.in.add(in)
}
