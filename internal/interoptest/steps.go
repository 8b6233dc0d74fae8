package interoptest

import (
	"slices"
	"testing"
)

// The ways from one end to the other.
const (
	Direct  = "direct"
	TLS     = "TLS"
	Nginx   = "nginx"
	HAProxy = "HAProxy"
)

// Ways are all of them. Those over proxies use TLS to the proxy.
var Ways = []string{Direct, TLS, Nginx, HAProxy}

// A Step is something that the two ends do, over one connection or some.
type Step struct {
	Name   string
	What   string // in a sentence of docs/interop.md
	direct bool   // is run on no other way
	run    func(*testing.T, *other)
}

// Steps are all of them. What is called "to it" is sent by the end of package ws.
var Steps = []Step{
	{"messages", "Text and binary messages of 0, 1, 125, 126, 65,535, 65,536 and 1,048,576 bytes, and 100 that are sent before the first is received, come back the same.", false, messages},
	{"fragments to it", "Messages of these sizes in 3, 7 and more fragments, which end inside characters, with a Ping between them, come back the same.", false, fragmentsToIt},
	{"fragments from it", "Messages of these sizes arrive in 1, 2 and 100 fragments, both whole and in chunks.", false, fragmentsFromIt},
	{"ping to it", "A Ping of 0, 1 and 125 bytes is answered by a Pong with its payload, and the Ping of our heartbeat.", false, pingToIt},
	{"ping from it", "Its Ping, by a call of the program, gets a Pong with its payload.", false, pingFromIt},
	{"heartbeat of it", "The Pings of the library's own heartbeat are answered, so that it does not end the session. Libraries that are not listed here leave a heartbeat to the program, or have none.", true, heartbeatOfIt},
	{"close to it", "A Close frame without a code, with 1000, and with 4321 and a reason is answered, and the program sees code and reason. The server closes the TCP connection first.", false, closeToIt},
	{"close from it", "Its Close frames are received, at once and after a message, and also while we send; it sees the code of our answer.", false, closeFromIt},
	{"invalid to it", "Text that is not UTF-8 ends the session with 1007.", true, invalidToIt},
	{"invalid from it", "Text that is not UTF-8 ends the session with 1007, and the program sees that code.", false, invalidFromIt},
	{"limit of it", "A message over its limit ends the session with 1009.", true, limitOfIt},
	{"slow", "A program that takes 5 ms for each message of 32 KiB receives all of 100, and neither memory nor timeouts end the session.", true, slow},
	{"handshake", "Headers and cookies arrive, and a subprotocol is negotiated.", false, handshake},
	{"refusal", "A refusal of the handshake, with its status, is reported by the client.", false, refusal},
	{"compression", "Compressed messages with `ws.Frugal`, `ws.Balanced` and `ws.Dense` come back the same, in fewer bytes in both directions, in fragments and not; uncompressed if the library has no compression.", false, compression},
}

// Runs reports whether the step is run on a way with a library in that role.
func (s Step) Runs(r *Role, way string) bool {
	return (way == Direct || !s.direct) && r.Lacks[s.Name] == ""
}

// Has reports whether the library is tested on a way in that role.
func (r *Role) Has(way string) bool { return r.Ways == nil || slices.Contains(r.Ways, way) }

// run runs the steps.
func run(t *testing.T, o *other) {
	for _, s := range Steps {
		if s.Runs(o.Role, o.way) {
			t.Run(s.Name, func(t *testing.T) {
				s.run(t, o)
				o.record(t, s)
			})
		}
	}
}
