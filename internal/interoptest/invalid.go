package interoptest

import (
	"cmp"
	"errors"
	"io"
	"testing"

	"github.com/handset-go/handset/ws"
)

// invalidToIt sends text that is not UTF-8, which a session does not: below it.
func invalidToIt(t *testing.T, o *other) {
	c := o.connect(t, "/echo", settings{})
	header := []byte{0x81, byte(len(InvalidText))}
	if !o.client { // RFC 6455 §5.3, with a key of zeros
		header = []byte{0x81, 0x80 | byte(len(InvalidText)), 0, 0, 0, 0}
	}
	_, err := c.conn.Write(append(header, InvalidText...))
	c.must(err)
	if o.AcceptsInvalidText { // and sends it back
		c.expectInvalid()
		return
	}
	c.expectFailed(cmp.Or(o.InvalidText, ws.CloseInvalidPayload), o.DropsInvalidText)
}

// invalidFromIt receives such text.
func invalidFromIt(t *testing.T, o *other) {
	c := o.connect(t, "/invalid", settings{})
	c.must(c.session.Text(c.ctx, "invalid text, please"))
	c.expectInvalid()
}

// expectInvalid expects that the stream fails with 1007, and that the other end sees
// that.
func (c *call) expectInvalid() {
	c.t.Helper()
	msg, err := c.stream.Recv(c.ctx)
	var violation *ws.ProtocolError
	if !errors.As(err, &violation) || violation.Code != ws.CloseInvalidPayload {
		c.t.Errorf("received %v %q, %v; want an error of 1007", msg.Kind, msg.Data, err)
	}
	c.done()
	if got := c.report(); got.Code != int(ws.CloseInvalidPayload) {
		c.t.Errorf("it saw %+v, want 1007", got)
	}
}

// expectFailed expects that the other end fails the connection with a code. If it drops the
// connection, it may do without one: Java seldom sends one before it does.
func (c *call) expectFailed(code ws.CloseCode, drops bool) {
	c.t.Helper()
	msg, err := c.stream.Recv(c.ctx)
	switch {
	case drops && errors.Is(err, io.ErrUnexpectedEOF):
	case err != nil || msg.Kind != ws.Close || msg.Reason.Code != code:
		c.t.Errorf("received %v %v, %v; want a Close frame with %v", msg.Kind, msg.Reason, err, code)
	}
	c.answerAndEnd()
}

// limitOfIt sends a message that is longer than the other end accepts.
func limitOfIt(t *testing.T, o *other) {
	c := o.connect(t, "/limit", settings{})
	c.must(c.session.Binary(c.ctx, make([]byte, ReceiveLimit-1)))
	c.expect(c.stream, ws.Binary, make([]byte, ReceiveLimit-1))
	c.must(c.session.Binary(c.ctx, make([]byte, ReceiveLimit+1)))
	c.expectFailed(ws.CloseMessageTooBig, o.DropsTooBig)
	c = o.connect(t, "/limit", settings{})
	c.must(c.session.Binary(c.ctx, make([]byte, 8<<20)))
	c.expectFailed(ws.CloseMessageTooBig, o.DropsTooBig)
}

// slow sends more than the buffers hold to a program that takes its time.
func slow(t *testing.T, o *other) {
	c := o.connect(t, "/slow", settings{options: ws.Options{WriteTimeout: patience}})
	const messages, size = 100, 32 << 10
	for range messages {
		c.must(c.session.Binary(c.ctx, make([]byte, size)))
		if n := c.session.Buffered(); n > 2*64<<10 {
			t.Fatalf("%d bytes are queued", n)
		}
	}
	c.must(c.session.Text(c.ctx, "how many?"))
	c.expect(c.stream, ws.Text, []byte("3276800"))
}
