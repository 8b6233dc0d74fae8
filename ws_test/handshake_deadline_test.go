package ws_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestTheTimeoutsOfAServerDoNotEndASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		u := &ws.Upgrader{Heartbeat: noHeartbeat}
		srv := &http.Server{
			ReadTimeout: time.Second, WriteTimeout: time.Second, IdleTimeout: time.Second, ReadHeaderTimeout: time.Second,
			ErrorLog: log.New(io.Discard, "", 0),
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if session, stream, err := u.Handle(w, r); err == nil {
					go func() { _ = echo(session, stream.Aggregate(0)) }()
				}
			})}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(&oneConn{conn: end, closed: make(chan struct{})}) }()
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

// oneConn is a listener for one connection.
type oneConn struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error { close(l.closed); return nil }

func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func TestADeadlineThatAMiddlewareHasSetIsTakenAway(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if session, stream, err := ws.Handle(hasty{w}, r); err == nil {
					go func() { _ = echo(session, stream.Aggregate(0)) }()
				}
			}))
			expectEcho(t, dial(t, srv, ""))
		})
	}
}

// hasty gives up a connection with a deadline that has passed.
type hasty struct{ http.ResponseWriter }

func (w hasty) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, brw, err := w.ResponseWriter.(http.Hijacker).Hijack()
	if err == nil {
		err = c.SetDeadline(time.Unix(1, 0))
	}
	return c, brw, err
}

func TestTheEndOfTheRequestsContextDoesNotEndTheSession(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		// Not ws.Handle: a session of the test before may not quite have ended.
		session, stream, err := new(ws.Upgrader).Handle(&writer{conn: end}, request().WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		go func() { _ = echo(session, stream.Aggregate(0)) }()
		expectEcho(t, &client{t, peer, bufio.NewReader(peer)})
		<-session.Done()
	})
}
