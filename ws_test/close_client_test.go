package ws_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// closingHandshakes are the ways for a client to exchange Close frames, with the error
// of its session.
var closingHandshakes = map[string]struct {
	exchange func(p *pair)
	want     ws.CloseError
}{
	"the client first": {func(p *pair) {
		_ = p.session.Close(ws.CloseReason{Code: 4000})
		p.expect(opClose, string(closePayload(4000, "")))
		p.write(closeFrame(4001))
	}, ws.CloseError{Sent: ws.CloseReason{Code: 4000}, Received: ws.CloseReason{Code: 4001}}},
	"the server first": {func(p *pair) {
		p.write(closeFrame(4001))
		p.expect(opClose, string(closePayload(4001, "")))
	}, ws.CloseError{Sent: ws.CloseReason{Code: 4001}, Received: ws.CloseReason{Code: 4001}, ByPeer: true}},
	"both at once": {func(p *pair) {
		_ = p.session.Close(ws.CloseReason{Code: 4000})
		p.write(closeFrame(4001))
		p.expect(opClose, string(closePayload(4000, "")))
	}, ws.CloseError{Sent: ws.CloseReason{Code: 4000}, Received: ws.CloseReason{Code: 4001}}},
}

// closeTimeout is the CloseTimeout in afterClosingHandshakes.
const closeTimeout = 7 * time.Second

// afterClosingHandshakes runs a test for every closing handshake of a client, with a reader
// and without, whose server does not close the connection.
func afterClosingHandshakes(t *testing.T, test func(t *testing.T, p *pair, peer *duplex, want ws.CloseError)) {
	for name, handshake := range closingHandshakes {
		for _, reads := range []bool{true, false} {
			if !reads && name == "the server first" {
				continue // its Close frame would not be seen
			}
			t.Run(map[bool]string{true: "a reader, ", false: "no reader, "}[reads]+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					end, peer := newDuplex()
					session, stream := clientSide.begin(t, end, nil, &ws.Upgrader{Options: ws.Options{CloseTimeout: closeTimeout, Heartbeat: noHeartbeat}})
					p := &pair{newClient(t, &serverConn{Conn: peer, stays: true, read: unmasking{strict: true}}), session, stream}
					ended := make(chan error, 1)
					if reads {
						go func() { ended <- <-receiveAll(p) }()
					}
					handshake.exchange(p)
					synctest.Wait()
					if reads && <-ended != io.EOF {
						t.Error("the stream did not end with the Close frame")
					}
					test(t, p, peer, handshake.want)
					if msg, err := p.stream.Recv(t.Context()); !reads && (err != nil || msg.Kind != ws.Close) {
						t.Errorf("then received %v, %v, want the Close frame", msg.Kind, err)
					}
					if msg, err := p.stream.Recv(t.Context()); err != io.EOF {
						t.Errorf("then received %v, %v", msg.Kind, err)
					}
					_ = peer.Close()
				})
			})
		}
	}
}

// expectCloseError waits for the end of a session whose closing handshake is complete.
func expectCloseError(t *testing.T, s *ws.Session, want ws.CloseError) {
	t.Helper()
	<-s.Done()
	var closed *ws.CloseError
	if err := s.Err(); !errors.As(err, &closed) || *closed != want {
		t.Errorf("the session ended with %v, want %v", err, &want)
	}
}

// expectOpen checks that a session has not ended, and that its direction of the
// connection has not either.
func expectOpen(t *testing.T, p *pair, peer *duplex) {
	t.Helper()
	synctest.Wait()
	select {
	case <-p.session.Done():
		t.Fatalf("the session has ended with %v", p.session.Err())
	default:
	}
	if err := p.session.Err(); err != nil {
		t.Errorf("before the end Err returned %v", err)
	}
	_ = peer.SetReadDeadline(time.Now().Add(time.Nanosecond))
	if n, err := peer.Read(make([]byte, 1)); n > 0 || !isTimeout(err) {
		t.Errorf("the peer read %d bytes, %v, want nothing", n, err)
	}
	_ = peer.SetReadDeadline(time.Time{})
}

func isTimeout(err error) bool {
	timeout, ok := err.(interface{ Timeout() bool })
	return ok && timeout.Timeout()
}

// After the closing handshake a client waits for the server to close the connection
// (RFC 6455 §7.1.1), and does not close its own direction before.
func TestCloseOfClientWaitsForServer(t *testing.T) {
	for name, end := range map[string]func(*duplex){
		"closes":             func(peer *duplex) { _ = peer.Close() },
		"closes for writing": func(peer *duplex) { _ = peer.CloseWrite() },
		"resets":             (*duplex).reset,
	} {
		t.Run(name, func(t *testing.T) {
			afterClosingHandshakes(t, func(t *testing.T, p *pair, peer *duplex, want ws.CloseError) {
				began := time.Now()
				time.Sleep(closeTimeout - time.Second)
				expectOpen(t, p, peer)
				end(peer)
				expectCloseError(t, p.session, want)
				if took := time.Since(began); took >= closeTimeout {
					t.Errorf("the session ended after %v", took)
				}
			})
		})
	}
}

// A server that does not close the connection keeps it for CloseTimeout. The closing
// handshake was complete: this is no ErrCloseTimeout.
func TestCloseOfClientGivesUp(t *testing.T) {
	afterClosingHandshakes(t, func(t *testing.T, p *pair, peer *duplex, want ws.CloseError) {
		began := time.Now()
		expectOpen(t, p, peer)
		expectCloseError(t, p.session, want)
		if took := time.Since(began); took != closeTimeout {
			t.Errorf("the session ended after %v", took)
		}
		if n, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the peer read %d bytes, %v, want the end of the connection", n, err)
		}
	})
}

// What a server sends after its Close frame is read, so that the server is not stopped,
// and dropped.
func TestCloseOfClientDropsWhatFollows(t *testing.T) {
	for name, b := range map[string][]byte{
		"text": masked(fin|opText, []byte("late")), "pings": masked(fin|opPing, nil), "a violation": {0xFF, 0xFF},
		"much": masked(fin|opBinary, make([]byte, 1<<20)), "another Close": closeFrame(4002),
	} {
		t.Run(name, func(t *testing.T) {
			afterClosingHandshakes(t, func(t *testing.T, p *pair, peer *duplex, want ws.CloseError) {
				for range 5 {
					p.write(b)
					time.Sleep(time.Second)
				}
				expectOpen(t, p, peer) // nor is a Ping answered
				_ = peer.Close()
				expectCloseError(t, p.session, want)
			})
		})
	}
}

// A server that never stops sending does not keep the session.
func TestCloseOfClientWithFloodingServer(t *testing.T) {
	afterClosingHandshakes(t, func(t *testing.T, p *pair, peer *duplex, want ws.CloseError) {
		began, flood := time.Now(), make(chan struct{})
		go func() {
			defer close(flood)
			for frame := masked(fin|opBinary, make([]byte, 10_000)); ; time.Sleep(10 * time.Millisecond) {
				if _, err := p.conn.Write(frame); err != nil {
					return
				}
			}
		}()
		expectCloseError(t, p.session, want)
		if took := time.Since(began); took != closeTimeout {
			t.Errorf("the session ended after %v", took)
		}
		<-flood
	})
}

// What a server still sends is taken to its last byte: the connection is not reset.
func TestCloseOfClientTakesAllThatFollows(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			p := dialOver(t, over, newDialer(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: testTimeout}}))
			conn := p.conn
			p.client.conn = &serverConn{Conn: underlyingScript(conn), stays: true, read: unmasking{strict: true}}
			p.br.Reset(p.client.conn)
			_ = p.session.Close(ws.CloseReason{Code: 4000})
			p.expect(opClose, string(closePayload(4000, "")))
			p.write(closeFrame(4001))
			for range 100 {
				p.write(masked(fin|opBinary, make([]byte, 100_000)))
			}
			select {
			case <-p.session.Done():
				t.Fatalf("the session has ended with %v", p.session.Err())
			default:
			}
			if err := closeWrite(underlyingScript(conn)); err != nil {
				t.Fatal(err)
			}
			if f, err := p.next(); err != io.EOF { // and not a reset
				t.Errorf("then came %v, %v", f, err)
			}
			expectCloseError(t, p.session, ws.CloseError{Sent: ws.CloseReason{Code: 4000}, Received: ws.CloseReason{Code: 4001}})
		})
	}
}

// underlyingScript is the connection under that of a server's script.
func underlyingScript(c net.Conn) net.Conn { return c.(interface{ NetConn() net.Conn }).NetConn() }

// Dialer.Close ends the wait as well. The closing handshake was complete.
func TestCloseOfClientEndsWithDialer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDialer(t, nil)
		end, peer := newDuplex()
		session, stream := begin(t, d, end, nil)
		p := &pair{newClient(t, &serverConn{Conn: peer, stays: true}), session, stream}
		closingHandshakes["both at once"].exchange(p)
		expectOpen(t, p, peer)
		_ = d.Close()
		expectCloseError(t, session, closingHandshakes["both at once"].want)
		if stats := d.Stats(); stats.Sessions != 0 || stats.Ends[ws.EndClosed] != 1 {
			t.Errorf("counted %+v", stats)
		}
	})
}
