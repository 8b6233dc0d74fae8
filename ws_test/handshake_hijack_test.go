package ws_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestHandshakeEarlyFramesAreDelivered(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	hello, large := masked(fin|opText, []byte("hello")), masked(fin|opText, []byte(long))
	for name, tt := range map[string]struct {
		early, late []byte
		want        []string
	}{
		"a byte":            {hello[:1], hello[1:], []string{"hello"}},
		"a header":          {hello[:6], hello[6:], []string{"hello"}},
		"a half":            {hello[:8], hello[8:], []string{"hello"}},
		"all but a byte":    {hello[:len(hello)-1], hello[len(hello)-1:], []string{"hello"}},
		"a frame":           {hello, nil, []string{"hello"}},
		"a frame and a bit": {slices.Concat(hello, hello[:1]), hello[1:], []string{"hello", "hello"}},
		"several frames":    {slices.Concat(hello, hello, hello), nil, []string{"hello", "hello", "hello"}},
		"a part of a large": {large[:3000], large[3000:], []string{long}},
		"all of a large":    {large, nil, []string{long}},
	} {
		for _, over := range transports {
			t.Run(name+","+over.name, func(t *testing.T) {
				c := dial(t, serveEcho(t, over), string(tt.early))
				c.write(tt.late)
				for _, want := range tt.want {
					c.expect(opText, want)
				}
				expectEcho(t, c)
			})
		}
	}
}

func TestHandshakeEarlyCloseIsAnswered(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			c := dial(t, serveEcho(t, over), string(closeFrame(4000)))
			c.expectClose(4000)
			c.expectEnd()
		})
	}
}

// A session does not keep the buffers of the server.
func TestHandshakeReleasesServerBuffers(t *testing.T) {
	end, peer := net.Pipe()
	begun := make(chan *ws.Session, 1)
	go func() {
		session, stream, err := ws.Handle(connWriter{&responseWriter{}, end, nil}, request())
		if err != nil {
			t.Error(err)
			close(begun)
			return
		}
		begun <- session
		_ = echo(session, stream.Aggregate(0))
	}()
	defer peer.Close()
	_ = peer.SetDeadline(time.Now().Add(testTimeout))
	c := newClient(t, peer)
	if answer, err := http.ReadResponse(c.br, nil); err != nil || answer.StatusCode != 101 {
		t.Fatalf("answered with %v, %v", answer, err)
	}
	expectEcho(t, c)
	await(t, (<-begun).Done(), "the session's end")
}

// A connection with unflushed bytes of the server is closed.
func TestHandshakeUnflushedBytes(t *testing.T) {
	end, peer := net.Pipe()
	brw := bufio.NewReadWriter(bufio.NewReader(end), bufio.NewWriter(end))
	_, _ = brw.WriteString("HTTP/1.1 200 OK\r\n\r\n")
	expectRefused(t, new(ws.Upgrader), connWriter{&responseWriter{}, end, brw}, request(), 500)
	_ = peer.SetDeadline(time.Now().Add(testTimeout))
	if b, err := io.ReadAll(peer); err != nil || len(b) > 0 {
		t.Errorf("the client read %q, %v", b, err)
	}
}

func TestHandshakeClearsServerTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}
		srv := &http.Server{
			ReadTimeout: time.Second, WriteTimeout: time.Second, IdleTimeout: time.Second, ReadHeaderTimeout: time.Second,
			ErrorLog: log.New(io.Discard, "", 0),
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if session, stream, err := u.Handle(w, r); err == nil {
					go func() { _ = echo(session, stream.Aggregate(0)) }()
				}
			})}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(&oneConnListener{conn: end, closed: make(chan struct{})}) }()
		c := &client{t: t, conn: peer, br: bufio.NewReader(peer)}
		go func() { _ = request().Write(peer) }()
		if answer, err := http.ReadResponse(c.br, nil); err != nil || answer.StatusCode != 101 {
			t.Fatalf("answered with %v, %v", answer, err)
		}
		for range 3 {
			time.Sleep(time.Hour)
			c.send(opText, "still here")
			c.expect(opText, "still here")
		}
		peer.Close()
		_ = srv.Close()
		<-served
	})
}

// oneConnListener is a listener for one connection.
type oneConnListener struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConnListener) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConnListener) Close() error { close(l.closed); return nil }

func (l *oneConnListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func TestHandshakeClearsDeadline(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if session, stream, err := ws.Handle(deadlineWriter{w}, r); err == nil {
					go func() { _ = echo(session, stream.Aggregate(0)) }()
				}
			}))
			expectEcho(t, dial(t, srv, ""))
		})
	}
}

// deadlineWriter gives up a connection with a deadline that has passed.
type deadlineWriter struct{ http.ResponseWriter }

func (w deadlineWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, brw, err := w.ResponseWriter.(http.Hijacker).Hijack()
	if err == nil {
		err = c.SetDeadline(time.Unix(1, 0))
	}
	return c, brw, err
}

func TestSessionOutlivesRequestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		// Not ws.Handle: a session of the test before may not quite have ended.
		session, stream, err := new(ws.Upgrader).Handle(&responseWriter{conn: end}, request().WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		go func() { _ = echo(session, stream.Aggregate(0)) }()
		expectEcho(t, newClient(t, peer))
		<-session.Done()
	})
}
