package soak

import (
	"slices"

	"github.com/handset-go/handset/ws"
)

// A behaviour is what a session does. Both sides run a function of it. A function
// returns an error only if something is wrong.
type behaviour struct {
	name   string
	weight int // how many of the sessions have it, in proportion
	client func(*half) error
	server func(*half) error

	visit   func(*clients, request) // instead of the client function, if it does more or less than to dial
	service string                  // that it needs; any if empty
	slow    bool                    // the buffers of the operating system are small, and some clients read bytewise
	brief   bool                    // the server does not notice that the client closes the session, so it must end soon
	long    bool                    // its sessions may end late, so there are none in a short soak
	panics  bool                    // the server function panics
	ends    ends
}

// ends are the reasons for which the sessions of the two sides end, unless the server
// has shut them down.
type ends struct{ client, server []ws.EndReason }

var (
	closed = []ws.EndReason{ws.EndClosed}
	lost   = []ws.EndReason{ws.EndConnectionLost}
	either = []ws.EndReason{ws.EndClosed, ws.EndConnectionLost}
)

var closedBoth = ends{closed, closed}

// stalled are the ends of sessions whose peers stop reading and have small buffers: the
// kernel asks such a peer for space ever more rarely, so on a busy machine it may seem to
// accept nothing for too long.
var stalled = func() ends {
	reasons := []ws.EndReason{ws.EndClosed, ws.EndConnectionLost, ws.EndWriteTimeout}
	return ends{reasons, reasons}
}()

// The table is filled by init, because the behaviours refer to it.
var behaviours []behaviour

func init() {
	behaviours = []behaviour{
		// Data.
		{name: "echo", weight: 400, client: sendAndClose, server: echo, ends: closedBoth},
		{name: "streams in both directions", weight: 400, client: duplex, server: duplex, ends: closedBoth},
		{name: "bursts", weight: 60, client: bursts, server: echo, ends: closedBoth},
		{name: "short messages", weight: 30, client: shortMessages, server: shortEcho, ends: closedBoth},
		{name: "large messages", weight: 20, client: largeMessages, server: echo, ends: closedBoth},
		{name: "pings", weight: 60, client: pings, server: pings, ends: closedBoth},
		{name: "a server that only sends", weight: 60, client: receiveOnly, server: sendOnly, ends: closedBoth},
		{name: "idle", weight: 300, client: idle, server: echo, ends: closedBoth},
		// Backpressure.
		{name: "a slow client", weight: 60, slow: true, client: slowReader, server: fastSender, ends: stalled},
		{name: "a slow server", weight: 60, slow: true, client: fastSender, server: slowReader, ends: stalled},
		{name: "a backlog before Close", weight: 30, slow: true, client: slowReader, server: backlog, ends: stalled},
		// Groups.
		{name: "a member that is closed if it is slow", weight: 80, service: "small queue", slow: true, client: member, server: join(closeSlow), ends: stalled},
		{name: "a member that misses the newest", weight: 80, service: "small queue", slow: true, client: member, server: join(dropNewest), ends: stalled},
		{name: "a member that receives the latest", weight: 80, service: "small queue", slow: true, client: member, server: join(keepLatest), ends: stalled},
		{name: "a publisher", weight: 40, client: sendAndClose, server: publish, ends: closedBoth},
		// Ends.
		{name: "Redialer", weight: 80, visit: redial, server: echoForATime, ends: ends{either, either}},
		{name: "a reset by the client", weight: 40, client: resetLater, server: duplexToTheEnd, ends: ends{lost, lost}},
		{name: "a reset by the server", weight: 40, client: duplexToTheEnd, server: resetLater, ends: ends{lost, lost}},
		{name: "a half-close", weight: 40, client: halfClose, server: duplexToTheEnd, ends: ends{lost, lost}},
		{name: "a server that abandons the session", weight: 20, service: "no heartbeat", long: true, brief: true, client: receiveOnly, server: abandon, ends: ends{client: either}},
		{name: "a client that abandons the session", weight: 20, service: "no heartbeat", long: true, brief: true, client: abandon, server: receiveOnly, ends: ends{server: either}},
		{name: "a panic", weight: 20, service: "values of the request", panics: true, brief: true, client: receiveOnly, server: panicLater, ends: closedBoth},
		// Limits.
		{name: "messages that are too big", weight: 20, client: tooBig, server: receiveShort, ends: closedBoth},
		{name: "a frame that is too long", weight: 10, client: longFrame, server: receiveFrames, ends: ends{either, protocolError}},
		{name: "data to a server that refuses it", weight: 10, client: sendAndClose, server: refuseData, ends: ends{either, []ws.EndReason{ws.EndClosed, ws.EndProtocolError}}},
		// Peers that are not this library's.
		{name: "a peer that violates the protocol", weight: 20, visit: raw(violate), server: echo, ends: ends{server: protocolError}},
		{name: "a peer that is silent", weight: 10, service: "short times", brief: true, visit: raw(silent), server: echo,
			ends: ends{server: []ws.EndReason{ws.EndHeartbeatTimeout, ws.EndWriteTimeout}}}, // on a busy machine the peer reads late
		{name: "a peer that does not complete a message", weight: 10, service: "short times", visit: raw(incomplete), server: echo,
			ends: ends{server: []ws.EndReason{ws.EndMessageTimeout, ws.EndHeartbeatTimeout}}}, // on a busy machine the peer is late
		{name: "a peer that does not read", weight: 10, service: "short times", brief: true, slow: true, visit: raw(unread), server: flood,
			ends: ends{server: []ws.EndReason{ws.EndWriteTimeout, ws.EndHeartbeatTimeout}}},
		{name: "a peer that does not answer Close", weight: 10, service: "short times", brief: true, visit: raw(silent), server: closeAtOnce,
			ends: ends{server: []ws.EndReason{ws.EndCloseTimeout, ws.EndWriteTimeout}}},
		{name: "a peer that is lost inside a frame", weight: 10, visit: raw(loseInFrame), server: echo, ends: ends{server: lost}},
		// Handshakes.
		{name: "a handshake that is refused", weight: 10, visit: refused},
		{name: "a connection lost in the handshake", weight: 10, visit: loseHandshake, server: echo, ends: ends{server: lost}},
	}
}

var protocolError = []ws.EndReason{ws.EndProtocolError}

// allowed reports whether one side may have ended for a reason.
func (e ends) allowed(side string, reason ws.EndReason, interrupted bool) bool {
	reasons := e.client
	if side == "server" {
		reasons = e.server
	}
	if slices.Contains(reasons, reason) {
		return true
	}
	switch reason {
	case ws.EndClosed, ws.EndConnectionLost, ws.EndShutdown:
		return interrupted
	}
	return false
}
