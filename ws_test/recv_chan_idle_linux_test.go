package ws_test

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// idleChan is a session whose stream is received by Chan, and waits without a goroutine.
type idleChan struct {
	*pair
	messages <-chan ws.Message
	end      net.Conn // the session's end of the connection
}

// newIdleChan connects a session over TCP and calls Chan.
func newIdleChan(t *testing.T, on side, u *ws.Upgrader) *idleChan {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := new(idleChan)
	c.pair = on.connectOn(t, tuningListener{l, func(end net.Conn) { c.end = end }}, false, u)
	c.messages = c.stream.Chan()
	return c
}

// expectMessage waits for the next message.
func (c *idleChan) expectMessage(t *testing.T, kind ws.Kind, data string) {
	t.Helper()
	if msg := await(t, c.messages, "a message"); msg.Kind != kind || string(msg.Data) != data {
		t.Fatalf("received a %v message of %q, want a %v message of %q", msg.Kind, msg.Data, kind, data)
	}
}

func (c *idleChan) expectClosed(t *testing.T, is func(error) bool) {
	t.Helper()
	if msg := await(t, c.messages, "the end of the channel"); msg.Kind != 0 {
		t.Fatalf("received a %v message", msg.Kind)
	}
	if err := c.stream.Err(); !is(err) {
		t.Fatalf("the stream ended with %v", err)
	}
}

// waitUntilIdle waits until no goroutine fills a channel.
func waitUntilIdle(t *testing.T) {
	t.Helper()
	waitUntil(t, "no goroutine fills a channel", func() bool { return !fills() })
}

// fills reports whether a goroutine fills a channel.
func fills() bool {
	all := goroutines()
	return strings.Contains(all, "messageChannel).begin(") || strings.Contains(all, "messageChannel).fill(")
}

// idleEvents are what an idle session notices.
var idleEvents = []struct {
	name    string
	options ws.Options
	event   func(t *testing.T, c *idleChan)
}{
	{"a message", ws.Options{}, func(t *testing.T, c *idleChan) {
		c.send(opText, "hello")
		c.expectMessage(t, ws.Text, "hello")
	}},
	{"a Ping", ws.Options{}, func(t *testing.T, c *idleChan) {
		c.send(opPing, "hello")
		c.expect(opPong, "hello")
		c.expectMessage(t, ws.Ping, "hello")
	}},
	{"a message in two parts", ws.Options{}, func(t *testing.T, c *idleChan) {
		c.write(masked(fin|opText, []byte("hello"))[:4])
		waitUntil(t, "a goroutine reads", fills)
		c.write(masked(fin|opText, []byte("hello"))[4:])
		c.expectMessage(t, ws.Text, "hello")
	}},
	{"a message that is not completed", ws.Options{MessageTimeout: shortWait}, func(t *testing.T, c *idleChan) {
		c.write(masked(fin|opText, []byte("hello"))[:4])
		c.expectClosed(t, func(err error) bool { return errors.Is(err, ws.ErrMessageTimeout) })
	}},
	{"a violation", ws.Options{}, func(t *testing.T, c *idleChan) {
		c.write([]byte{0xFF})
		c.expectClosed(t, func(err error) bool { return errors.As(err, new(*ws.ProtocolError)) })
		c.expectClose(1002)
	}},
	{"the peer's Close", ws.Options{}, func(t *testing.T, c *idleChan) {
		c.write(closeFrame(1000))
		c.expectMessage(t, ws.Close, "")
		c.expectClosed(t, isNil)
		c.expectClose(1000)
	}},
	{"Close", ws.Options{}, func(t *testing.T, c *idleChan) {
		_ = c.session.Close(ws.CloseReason{Code: 4000})
		c.expectClose(4000)
		c.write(closeFrame(4000))
		c.expectMessage(t, ws.Close, "")
		c.expectClosed(t, isNil)
	}},
	{"Close without an answer", ws.Options{CloseTimeout: shortWait}, func(t *testing.T, c *idleChan) {
		_ = c.session.Close(ws.CloseReason{Code: 4000})
		c.expectClosed(t, func(err error) bool { return errors.Is(err, ws.ErrCloseTimeout) })
		expectSessionEnd(t, c.session, ws.ErrCloseTimeout)
	}},
	{"the end of the connection", ws.Options{}, func(t *testing.T, c *idleChan) {
		c.conn.Close()
		c.expectClosed(t, isLost)
	}},
	{"the end of what the peer sends", ws.Options{}, func(t *testing.T, c *idleChan) {
		_ = closeWrite(c.conn)
		c.expectClosed(t, isLost)
	}},
	{"a reset", ws.Options{}, func(t *testing.T, c *idleChan) {
		resetConn(c.client)
		c.expectClosed(t, func(err error) bool { return errors.Is(err, syscall.ECONNRESET) })
	}},
	{"a silent peer", ws.Options{Heartbeat: ws.Heartbeat{Interval: time.Second, Timeout: shortWait}}, func(t *testing.T, c *idleChan) {
		c.expectClosed(t, func(err error) bool { return errors.Is(err, ws.ErrHeartbeatTimeout) })
	}},
	// The kernel reports nothing of a descriptor that was closed.
	{"a connection that other code has closed", ws.Options{CloseTimeout: time.Hour}, func(t *testing.T, c *idleChan) {
		_ = c.end.Close()
		c.expectClosed(t, isLost)
		expectSessionEnd(t, c.session, net.ErrClosed)
	}},
}

func TestIdleChanNotices(t *testing.T) {
	var tests []func()
	for _, on := range sides {
		for _, e := range idleEvents {
			if on == clientSide && e.name == "a connection that other code has closed" {
				continue // nobody else has it
			}
			for _, when := range []string{"before a message", "after a message"} {
				c := newIdleChan(t, on, &ws.Upgrader{Options: e.options})
				if when == "after a message" {
					c.send(opText, "first")
					c.expectMessage(t, ws.Text, "first")
				}
				tests = append(tests, func() {
					t.Run(on.String()+"/"+e.name+"/"+when, func(t *testing.T) { e.event(t, c) })
				})
			}
		}
	}
	waitUntilIdle(t)
	for _, test := range tests {
		test()
	}
}

// An idle session becomes idle again, also after its channel was full.
func TestIdleChanAgain(t *testing.T) {
	c := newIdleChan(t, serverSide, &ws.Upgrader{})
	for range 2 {
		waitUntilIdle(t)
		for range 30 {
			c.send(opText, "hello")
		}
		for range 30 {
			c.expectMessage(t, ws.Text, "hello")
		}
	}
	waitUntilIdle(t)
}

// Inside a message a stream is not idle: MessageTimeout is noticed by its reader.
func TestIdleChanIsNotInsideMessage(t *testing.T) {
	t.Parallel()
	c := newIdleChan(t, serverSide, &ws.Upgrader{Options: ws.Options{MessageTimeout: 3 * time.Second}})
	c.write(masked(fin|opText, []byte("hello"))[:4])
	c.expectClosed(t, func(err error) bool { return errors.Is(err, ws.ErrMessageTimeout) })
}

// Sessions that end while they become idle, or when something arrives, end as others do.
func TestIdleChanConcurrently(t *testing.T) {
	const times = 300
	for range times {
		c := newIdleChan(t, serverSide, &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Hour}})
		go c.session.Close(ws.CloseReason{Code: 4000})
		go func() { _, _ = c.conn.Write(append(masked(fin|opText, []byte("hello")), closeFrame(4000)...)) }()
		c.expectMessage(t, ws.Text, "hello")
		c.expectMessage(t, ws.Close, "")
		c.expectClosed(t, isNil)
		await(t, c.session.Done(), "the session's end")
		c.conn.Close()
	}
}
