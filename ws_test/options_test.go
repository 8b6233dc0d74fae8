package ws_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// option is a field of Upgrader and what can be observed of it.
type option struct {
	set     func(*ws.Upgrader)
	observe func(*testing.T, *ws.Upgrader) string
	zero    string // observed with the zero Upgrader
	want    string // observed with nothing but this option set
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
func (o option) expect(t *testing.T, u *ws.Upgrader, want string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if got := o.observe(t, u); got != want {
			t.Errorf("with %+v observed %q, want %q", u, got, want)
		}
	})
}

func observeSubprotocol(t *testing.T, u *ws.Upgrader) string {
	return connectPipe(t, u, "Sec-WebSocket-Protocol", "chat").session.Subprotocol()
}

func observeCompression(t *testing.T, u *ws.Upgrader) string {
	return connectPipe(t, u, "Sec-WebSocket-Extensions", "permessage-deflate").header.Get("Sec-WebSocket-Extensions")
}

func observeForeignOrigin(t *testing.T, u *ws.Upgrader) string {
	return fmt.Sprint(connectPipe(t, u, "Origin", "https://www.example.org").status)
}

// observeAnswerToPing has the session send a text after it has received a Ping:
// what the peer receives before that is the answer.
func observeAnswerToPing(t *testing.T, u *ws.Upgrader) string {
	p := connectPipe(t, u)
	c := &client{t: t, conn: p.end, br: bufio.NewReader(p.end)}
	go func() {
		if _, err := p.stream.Recv(context.Background()); err == nil {
			_ = p.session.Text(context.Background(), "received")
		}
	}()
	c.send(opPing, "hello")
	first, err := c.next()
	switch {
	case err != nil:
		t.Fatal(err)
	case first.opcode() == opPong:
		c.expect(opText, "received")
		return "pong"
	}
	return "none"
}

// observeFullQueue sends to a peer that reads nothing until a send has to wait.
func observeFullQueue(t *testing.T, u *ws.Upgrader) string {
	p := connectPipe(t, u)
	kib := ws.Message{Kind: ws.Binary, Data: make([]byte, 1020)} // and a header of 4
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

func observeWriteTimeout(t *testing.T, u *ws.Upgrader) string {
	p := connectPipe(t, u)
	if err := p.session.Text(context.Background(), "is anybody there?"); err != nil {
		t.Fatal(err)
	}
	return p.endsAfter(t, ws.ErrWriteTimeout)
}

func observeCloseTimeout(t *testing.T, u *ws.Upgrader) string {
	p := connectPipe(t, u)
	go io.Copy(io.Discard, p.end)
	if err := p.session.Close(ws.CloseReason{}); err != nil {
		t.Fatal(err)
	}
	return p.endsAfter(t, ws.ErrCloseTimeout)
}

func observeHeartbeat(t *testing.T, u *ws.Upgrader) string {
	p := connectPipe(t, u)
	go io.Copy(io.Discard, p.end)
	go p.stream.Recv(context.Background())
	return p.endsAfter(t, ws.ErrHeartbeatTimeout)
}

// observeUnfinishedMessage sends the beginning of one.
func observeUnfinishedMessage(t *testing.T, u *ws.Upgrader) string {
	p, began := connectPipe(t, u), time.Now()
	go io.Copy(io.Discard, p.end)
	go p.end.Write(masked(opText, []byte("once upon a time")))
	for {
		if _, err := p.stream.Recv(context.Background()); err != nil {
			took := time.Since(began)
			<-p.session.Done()
			return fmt.Sprint(took, " ", p.session.Err())
		}
	}
}

func observeFirstFrame(t *testing.T, u *ws.Upgrader) string {
	p := connectPipe(t, u)
	_ = p.session.Close(ws.CloseReason{})
	if f, err := newClient(t, p.end).next(); err != nil || f.opcode() == opText {
		return string(f.payload)
	}
	return "closed"
}

func observeRequestValue(t *testing.T, u *ws.Upgrader) string {
	return fmt.Sprint(connectPipe(t, u).session.Context().Value(contextKey{}))
}

func observeSessionTraffic(t *testing.T, u *ws.Upgrader) string {
	p := connectPipe(t, u)
	go func() { _, _ = io.Copy(io.Discard, p.end) }()
	if err := p.session.Text(context.Background(), "hello"); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if all := u.Stats().Out; all.Messages != 1 {
		t.Errorf("of all sessions are counted %+v", all)
	}
	return fmt.Sprint(p.session.Stats().Out.Messages, " messages sent")
}

func observeSecondSession(t *testing.T, u *ws.Upgrader) string {
	connectPipe(t, u)
	return fmt.Sprint(connectPipe(t, u).status)
}

// observeShutdown returns when the only session is closed by Shutdown, and with which code.
func observeShutdown(t *testing.T, u *ws.Upgrader) string {
	p, began := connectPipe(t, u), time.Now()
	c := newClient(t, p.end)
	down := make(chan error, 1)
	go func() { down <- u.Shutdown(context.Background()) }()
	f, err := c.next()
	if err != nil {
		t.Fatal(err)
	}
	result := fmt.Sprint(time.Since(began), " ", f.closeCode())
	c.write(closeFrame(1001))
	if err := <-down; err != nil {
		t.Fatal(err)
	}
	return result
}
