package handshake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// scriptedConn has a deadline that fails with the errors given.
type scriptedConn struct {
	net.Conn
	set, clear error
	calls      []bool // whether a read deadline was set
	closed     int
	closeErr   error
}

func (c *scriptedConn) SetReadDeadline(at time.Time) error {
	c.calls = append(c.calls, !at.IsZero())
	if at.IsZero() {
		return c.clear
	}
	return c.set
}

func (c *scriptedConn) SetWriteDeadline(at time.Time) error {
	if !at.IsZero() {
		panic("an expired write deadline breaks TLS")
	}
	return errors.ErrUnsupported
}

func (c *scriptedConn) Close() error { c.closed++; return c.closeErr }

// after reads a string, and fails then.
func after(s string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(s), readerFunc(func([]byte) (int, error) { return 0, err }))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// timeout is the error of an expired deadline of connections that are not the
// standard library's.
type timeout struct{}

func (timeout) Error() string   { return "timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func TestDrain(t *testing.T) {
	broken := errors.New("broken")
	long := strings.Repeat("x", 5000)
	for name, tt := range map[string]struct {
		conn    scriptedConn
		body    io.Reader
		early   string
		drained bool
		err     error
	}{
		"nothing":                {body: after("", os.ErrDeadlineExceeded), drained: true},
		"bytes":                  {body: after("early", os.ErrDeadlineExceeded), early: "early", drained: true},
		"many bytes":             {body: after(long, &net.OpError{Err: os.ErrDeadlineExceeded}), early: long, drained: true},
		"another timeout":        {body: after("early", timeout{}), early: "early", drained: true},
		"EOF":                    {body: after("early", io.EOF), early: "early", drained: true},
		"an error":               {body: after("early", broken), err: broken},
		"no bytes, no error":     {body: after("early", nil), early: "early"},
		"an endless body":        {body: zeros{}, early: string(make([]byte, maxEarly))},
		"no deadlines":           {conn: scriptedConn{set: errors.ErrUnsupported}, body: after("early", io.EOF)},
		"a deadline that stays":  {conn: scriptedConn{clear: broken}, body: after("", os.ErrDeadlineExceeded), drained: true, err: broken},
		"a byte with a deadline": {body: readerFunc(func(p []byte) (int, error) { return copy(p, "e"), os.ErrDeadlineExceeded }), early: "e", drained: true},
	} {
		t.Run(name, func(t *testing.T) {
			early, drained, err := drain(&tt.conn, tt.body)
			if string(early) != tt.early || early != nil && len(early) == 0 || drained != tt.drained || err != tt.err {
				t.Errorf("drain returned %d bytes, %v, %v", len(early), drained, err)
			}
			if n := len(tt.conn.calls); tt.conn.calls[n-1] != (tt.conn.set != nil) {
				t.Errorf("the read deadline was set: %v", tt.conn.calls)
			}
		})
	}
}

// A connection without read deadlines is read through the body of the response.
func TestConnectionReadsThroughBody(t *testing.T) {
	body := &recordingBody{}
	body.WriteString("early")
	conn := &scriptedConn{set: errors.ErrUnsupported, closeErr: net.ErrClosed}
	got, early, err := new(exchange).connection(conn, struct {
		io.Reader
		io.Closer
	}{&body.Buffer, body})
	if err != nil || early != nil {
		t.Fatalf("connection returned %q, %v", early, err)
	}
	if text, err := io.ReadAll(got); string(text) != "early" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
	if err := got.Close(); err != nil || body.closes != 1 || conn.closed != 1 {
		t.Errorf("Close returned %v; closed the body %d times and the connection %d times", err, body.closes, conn.closed)
	}
	conn.closeErr = io.ErrClosedPipe
	if err := got.Close(); err != io.ErrClosedPipe {
		t.Errorf("Close returned %v", err)
	}
}

// Over TCP, too, with what the transport holds.
func TestDialWithoutDeadlines(t *testing.T) {
	u := serve(t, echoing(func(r *http.Request) string { return answer(r) + "early" }))
	d := mustDial(t, u, DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return noDeadlines{conn}, err
		},
	}}})
	if _, ok := d.Conn.(*readThroughConn); !ok || d.Early != nil {
		t.Errorf("Dial returned a %T and %q", d.Conn, d.Early)
	}
	converse(t, d, "early")
}

// noDeadlines is a connection that does not support deadlines.
type noDeadlines struct{ net.Conn }

func (noDeadlines) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (noDeadlines) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (noDeadlines) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

func TestBodyConn(t *testing.T) {
	var c net.Conn = &bodyConn{&recordingBody{Buffer: bytes.Buffer{}}, "server.example:80"}
	for _, err := range []error{c.SetDeadline(time.Now()), c.SetReadDeadline(time.Now()), c.SetWriteDeadline(time.Now())} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("a deadline returned %v", err)
		}
	}
	if c.RemoteAddr().String() != "server.example:80" || c.RemoteAddr().Network() != "http" || c.LocalAddr().String() != "" {
		t.Errorf("the addresses are %v and %v", c.LocalAddr(), c.RemoteAddr())
	}
}
