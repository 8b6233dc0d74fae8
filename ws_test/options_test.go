package ws_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
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

func observeSubprotocol(t *testing.T, from endpoint) string {
	if u, ok := from.(*ws.Upgrader); ok {
		return connectPipe(t, u, "Sec-WebSocket-Protocol", "chat").session.Subprotocol()
	}
	return pipeOf(t, from).session.Subprotocol() // the peer selects the first
}

func observeCompression(t *testing.T, from endpoint) string {
	const extensions = "Sec-WebSocket-Extensions"
	if u, ok := from.(*ws.Upgrader); ok {
		return connectPipe(t, u, extensions, "permessage-deflate").header.Get(extensions)
	}
	end, peer := net.Pipe()
	response := new(scriptedResponse)
	session, _, err := dialOn(t, from.(*ws.Dialer), respond(end, response), false)
	if err != nil {
		t.Fatal(err)
	}
	peer.Close()
	_ = session.Close(ws.CloseReason{})
	<-session.Done()
	return response.request.Header.Get(extensions)
}

func observeForeignOrigin(t *testing.T, from endpoint) string {
	return fmt.Sprint(connectPipe(t, from.(*ws.Upgrader), "Origin", "https://www.example.org").status)
}

// observeAnswerToPing has the session send a text after it has received a Ping:
// what the peer receives before that is the answer.
func observeAnswerToPing(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go func() {
		if _, err := p.stream.Recv(context.Background()); err == nil {
			_ = p.session.Text(context.Background(), "received")
		}
	}()
	p.send(opPing, "hello")
	first, err := p.next()
	switch {
	case err != nil:
		t.Fatal(err)
	case first.opcode() == opPong:
		p.expect(opText, "received")
		return "pong"
	}
	return "none"
}

// observeFullQueue sends to a peer that reads nothing until a send has to wait.
func observeFullQueue(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	kib := ws.Message{Kind: ws.Binary, Data: make([]byte, 1020-p.on.header())} // and a header
	for range 1 << 10 {
		switch err := p.session.TrySend(kib); err {
		case nil:
		case ws.ErrBufferFull:
			return fmt.Sprintf("%d bytes", p.session.Buffered())
		default:
			t.Fatal(err)
		}
	}
	return "no end"
}

func observeWriteTimeout(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	if err := p.session.Text(context.Background(), "is anybody there?"); err != nil {
		t.Fatal(err)
	}
	return p.endsAfter(t, ws.ErrWriteTimeout)
}

func observeCloseTimeout(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go io.Copy(io.Discard, p.conn)
	if err := p.session.Close(ws.CloseReason{}); err != nil {
		t.Fatal(err)
	}
	return p.endsAfter(t, ws.ErrCloseTimeout)
}

func observeHeartbeat(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go io.Copy(io.Discard, p.conn)
	go p.stream.Recv(context.Background())
	return p.endsAfter(t, ws.ErrHeartbeatTimeout)
}

// observeUnfinishedMessage sends the beginning of one.
func observeUnfinishedMessage(t *testing.T, from endpoint) string {
	p, began := pipeOf(t, from), time.Now()
	go io.Copy(io.Discard, p.conn)
	go p.conn.Write(masked(opText, []byte("once upon a time")))
	for {
		if _, err := p.stream.Recv(context.Background()); err != nil {
			took := time.Since(began)
			<-p.session.Done()
			return fmt.Sprint(took, " ", p.session.Err())
		}
	}
}

func observeFirstFrame(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	_ = p.session.Close(ws.CloseReason{})
	if f, err := p.next(); err != nil || f.opcode() == opText {
		return string(f.payload)
	}
	return "closed"
}

func observeRequestValue(t *testing.T, from endpoint) string {
	return fmt.Sprint(connectPipe(t, from.(*ws.Upgrader)).session.Context().Value(contextKey{}))
}

func observeSessionTraffic(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go func() { _, _ = io.Copy(io.Discard, p.conn) }()
	if err := p.session.Text(context.Background(), "hello"); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if all := from.Stats().Out; all.Messages != 1 {
		t.Errorf("of all sessions are counted %+v", all)
	}
	return fmt.Sprint(p.session.Stats().Out.Messages, " messages sent")
}

func observeSecondSession(t *testing.T, from endpoint) string {
	connectPipe(t, from.(*ws.Upgrader))
	return fmt.Sprint(connectPipe(t, from.(*ws.Upgrader)).status)
}

// observeShutdown returns when the only session is closed by Shutdown, and with which code.
func observeShutdown(t *testing.T, from endpoint) string {
	p, began := pipeOf(t, from), time.Now()
	down := make(chan error, 1)
	go func() { down <- from.Shutdown(context.Background()) }()
	f, err := p.next()
	if err != nil {
		t.Fatal(err)
	}
	result := fmt.Sprint(time.Since(began), " ", f.closeCode())
	p.write(closeFrame(1001))
	if err := <-down; err != nil {
		t.Fatal(err)
	}
	return result
}
