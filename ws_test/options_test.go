package ws_test

import (
	"cmp"
	"context"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// option is a field of Upgrader, most of which a Dialer has too, and what can be
// observed of it on either side.
type option struct {
	set     func(*ws.Upgrader)
	observe func(*testing.T, endpoint) string
	zero    string // observed with the zero value
	want    string // observed with nothing but this option set
	dialed  string // observed with a Dialer instead of want, if not ""
}

var options = map[string]option{
	"Subprotocols": {
		set:     func(u *ws.Upgrader) { u.Subprotocols = []string{"chat"} },
		observe: observeSubprotocol, zero: "", want: "chat",
	},
	"OriginPatterns": {
		set:     func(u *ws.Upgrader) { u.OriginPatterns = []string{"*.example.org"} },
		observe: observeForeignOrigin, zero: "403", want: "101",
	},
	"AllowAnyOrigin": {
		set:     func(u *ws.Upgrader) { u.AllowAnyOrigin = true },
		observe: observeForeignOrigin, zero: "403", want: "101",
	},
	"ManualPong": {
		set:     func(u *ws.Upgrader) { u.ManualPong = true },
		observe: observeAnswerToPing, zero: "pong", want: "none",
	},
	"Compression": {
		set:     func(u *ws.Upgrader) { u.Compression = ws.Compression{Level: 1} },
		observe: observeCompression, zero: "", want: "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		dialed: "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
	},
	"SendBuffer": {
		set:     func(u *ws.Upgrader) { u.SendBuffer = 8 << 10 },
		observe: observeFullQueue, zero: "65536 bytes", want: "8192 bytes",
	},
	"WriteTimeout": {
		set:     func(u *ws.Upgrader) { u.WriteTimeout = 2 * time.Second },
		observe: observeWriteTimeout, zero: "30s", want: "2s",
	},
	"CloseTimeout": {
		set:     func(u *ws.Upgrader) { u.CloseTimeout = time.Second },
		observe: observeCloseTimeout, zero: "5s", want: "1s",
	},
	"Heartbeat": {
		set:     func(u *ws.Upgrader) { u.Heartbeat = ws.Heartbeat{Interval: time.Second, Timeout: 2 * time.Second} },
		observe: observeHeartbeat, zero: "1m0s", want: "3s",
	},
	"MessageTimeout": {
		set:     func(u *ws.Upgrader) { u.MessageTimeout = time.Second },
		observe: observeUnfinishedMessage, zero: "1m0s ws: heartbeat timeout",
		want: "1s ws: failed with 1008 policy violation: message timeout",
	},
	"Trace": {
		set: func(u *ws.Upgrader) {
			u.Trace = &ws.Trace{SessionStart: func(s *ws.Session) { _ = s.Text(context.Background(), "from the trace") }}
		},
		observe: observeFirstFrame, zero: "closed", want: "from the trace",
	},
	"KeepRequestValues": {
		set:     func(u *ws.Upgrader) { u.KeepRequestValues = true },
		observe: observeRequestValue, zero: "<nil>", want: "kept",
	},
	"SessionStats": {
		set:     func(u *ws.Upgrader) { u.SessionStats = true },
		observe: observeSessionTraffic, zero: "0 messages sent", want: "1 messages sent",
	},
	"ShutdownWindow": {
		set:     func(u *ws.Upgrader) { u.ShutdownWindow = 20 * time.Second },
		observe: observeShutdown, zero: "0s 1001", want: "20s 1012",
	},
	"MaxSessions": {
		set:     func(u *ws.Upgrader) { u.MaxSessions = 1 },
		observe: observeSecondSession, zero: "101", want: "503",
	},
}

// Every option of an Upgrader changes what a session does.
func TestUpgraderOptions(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[ws.Upgrader]()) {
		name := field.Name
		if !field.IsExported() || field.Anonymous {
			continue
		}
		t.Run(name, func(t *testing.T) {
			o, ok := options[name]
			if !ok {
				t.Fatal("the option is not tested")
			}
			u := new(ws.Upgrader)
			o.set(u)
			expectOnly(t, u, name)
			o.expect(t, new(ws.Upgrader), o.zero)
			o.expect(t, u, o.want)
		})
	}
}

// Every option that a Dialer shares with an Upgrader changes what a session of the Dialer
// does: all that are in Options, and two more.
func TestDialerSessionOptions(t *testing.T) {
	names := []string{"Subprotocols", "Compression"}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[ws.Options]()) {
		names = append(names, field.Name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			o, ok := options[name]
			if !ok {
				t.Fatal("the option is not tested")
			}
			u := new(ws.Upgrader)
			o.set(u)
			expectOnly(t, u, name)
			o.expect(t, newDialer(t, nil), o.zero)
			o.expect(t, newDialer(t, u), cmp.Or(o.dialed, o.want))
		})
	}
}

// expectOnly fails the test unless the named option is all that u sets.
func expectOnly(t *testing.T, u *ws.Upgrader, name string) {
	t.Helper()
	v := reflect.ValueOf(u).Elem()
	for _, field := range reflect.VisibleFields(v.Type()) {
		if field.Anonymous {
			continue
		}
		if isSet := !v.FieldByIndex(field.Index).IsZero(); isSet != (field.Name == name) {
			t.Fatalf("%s is set: %v", field.Name, isSet)
		}
	}
}

// expect observes a session in a synctest bubble.
func (o option) expect(t *testing.T, from endpoint, want string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if got := o.observe(t, from); got != want {
			t.Errorf("with %+v observed %q, want %q", from, got, want)
		}
	})
}
