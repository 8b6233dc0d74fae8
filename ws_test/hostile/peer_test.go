package hostile_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// side is the side that is attacked.
type side string

const (
	server side = "server"
	client side = "client"
)

// trial is an attack on one side: a victim, and the ways to connect to it.
type trial struct {
	t  *testing.T
	on side
	v  *child
	s  settings

	received uint64  // bytes of frames, before the attack
	open     []*peer // see closeOpen

	once        sync.Once
	listener    *net.TCPListener // that the client dials
	certificate *tls.Config
}

// peer is the hostile end, or an honest one, of a connection to the victim.
type peer struct {
	net.Conn
	br      *bufio.Reader
	payload []byte // of the last frame
	on      side   // the side that is attacked: frames that are sent to a server are masked
}

// joinUnread is the path of a member of the group that does not read.
const joinUnread = "/join?unread"

// connectRaw connects to the victim, without a handshake: to its server, or from its client,
// which is dialling a session that does what the path says.
func (s *trial) connectRaw(path string) *peer {
	s.t.Helper()
	if s.on == client {
		return s.accept(path)
	}
	dialer := net.Dialer{Timeout: testTimeout}
	if path == joinUnread {
		dialer.Control = smallSocket
	}
	conn, err := dialer.Dial("tcp", s.v.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.s.TLS {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	return s.peer(conn)
}

func (s *trial) peer(conn net.Conn) *peer {
	s.t.Cleanup(func() { conn.Close() })
	return &peer{Conn: conn, br: bufio.NewReaderSize(conn, 512), on: s.on}
}

// listen returns the listener that the victim's client dials.
func (s *trial) listen() *net.TCPListener {
	s.once.Do(func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		s.listener = l.(*net.TCPListener)
		s.t.Cleanup(func() { l.Close() })
		if s.s.TLS {
			signed := httptest.NewUnstartedServer(nil)
			signed.StartTLS()
			signed.Close()
			s.certificate = signed.TLS
		}
	})
	return s.listener
}

// accept has the victim dial once and accepts the connection.
func (s *trial) accept(path string) *peer {
	s.t.Helper()
	l, scheme := s.listen(), "ws://"
	if s.s.TLS {
		scheme = "wss://"
	}
	s.v.do(order{Do: "dial", URL: scheme + l.Addr().String() + path, Count: 1})
	_ = l.SetDeadline(time.Now().Add(testTimeout))
	conn, err := l.Accept()
	if err != nil {
		s.t.Fatal(err)
	}
	if s.s.TLS {
		conn = tls.Server(conn, s.certificate)
	}
	return s.peer(conn)
}

// connect connects to the victim, and performs the handshake.
func (s *trial) connect(path string) *peer {
	s.t.Helper()
	p := s.connectRaw(path)
	_ = p.SetDeadline(time.Now().Add(testTimeout))
	var err error
	if s.on == server {
		err = p.request(path, s.s)
	} else {
		err = p.respond(s.s)
	}
	if err != nil {
		s.t.Fatalf("the handshake: %v", err)
	}
	_ = p.SetDeadline(time.Time{})
	return p
}
