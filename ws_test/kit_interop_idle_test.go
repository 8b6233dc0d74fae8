package ws_test

import (
	"time"

	"github.com/handset-go/handset/ws"
)

// idleProxyNames are the proxies, as in interoptest.
var idleProxyNames = []string{"nginx", "HAProxy"}

// idleCase is a session that is idle for longer than the idle timeout of a proxy.
type idleCase struct {
	name             string
	server, client   ws.Heartbeat
	sending, serving bool // the client sends, the server does
	lost             bool
}

var (
	idleHeartbeatOff = ws.Heartbeat{Interval: -1}
	idleHeartbeatOn  = ws.Heartbeat{Interval: 400 * time.Millisecond} // than the idle timeout
)

var idleCases = []idleCase{
	{name: "a silent session without a heartbeat is lost", server: idleHeartbeatOff, client: idleHeartbeatOff, lost: true},
	{name: "a silent session with a heartbeat of the server is kept", server: idleHeartbeatOn, client: idleHeartbeatOff},
	{name: "a silent session with a heartbeat of the client is kept", server: idleHeartbeatOff, client: idleHeartbeatOn},
	{name: "a session in which only the client sends is kept", server: idleHeartbeatOff, client: idleHeartbeatOff, sending: true},
	{name: "a session in which only the server sends is kept", server: idleHeartbeatOff, client: idleHeartbeatOff, serving: true},
}
