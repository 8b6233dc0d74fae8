package hostile_test

import (
	"crypto/tls"
	"net"
	"os"
	"time"
)

// connections are attacks by the number of connections.
func connections() []attack {
	unfinished := func(p *peer) sent {
		// The beginning of a frame that is as long as the program allows.
		n, _ := p.Write(append(p.on.header(fin|binaryFrame, limit), make([]byte, 100)...))
		return sent{handshakeSize + n, 1}
	}
	rows := []attack{
		{
			name: "frames that are never finished", does: "the header of a frame of 1 MiB, which is the limit, and 100 bytes of it",
			sides: both, conns: manyConns(10_000), script: unfinished, settle: awaitReceived,
			honest: visits("/receive", 300),
			bounds: bounds{unit: "connection", cpu: 2, live: 7 * kib, peak: int64(manyConns(10_000)) * 12 * kib, goroutines: 1},
			expect: ended(manyConns(10_000), "connection lost"),
		},
		{
			name: "frames that are never finished, over TLS", does: "the same over TLS",
			sides: both, settings: settings{TLS: true}, conns: scaled(100), script: unfinished, settle: awaitReceived,
			honest: visits("/receive", 30),
			bounds: bounds{unit: "connection", cpu: 2, live: 40 * kib, peak: 24 * mib, goroutines: 2},
			expect: ended(scaled(100), "connection lost"),
		},
		{
			name: "frames that are never finished, with MessageTimeout", does: "the same, to a program that sets MessageTimeout to 1 s",
			sides: both, settings: settings{MessageTimeout: time.Second, CloseTimeout: time.Second}, conns: scaled(500), waits: true, script: unfinished,
			end:    closes(1008),
			honest: visits("/receive", 300),
			bounds: bounds{unit: "connection", cpu: 2, live: 7 * kib, peak: 12 * mib, goroutines: 1},
			expect: ended(scaled(500), "message timeout"),
		},
		{
			name: "connections that are reset", does: "a handshake, and a reset",
			sides: both, honest: visits("/receive", 300),
			whole: func(s *trial) (did sent) {
				for range scaled(500) {
					p := s.connect("/receive")
					_ = p.tcp().SetLinger(0)
					p.Close()
					did.add(sent{handshakeSize, 1})
				}
				return did
			},
			bounds: bounds{unit: "connection", cpu: 2, live: 128 * kib, peak: 8 * mib, goroutines: 20},
			expect: ended(scaled(500), "connection lost"),
		},
		{
			name: "connections that violate the protocol", does: "a handshake, and a frame with a reserved bit",
			sides: both, honest: visits("/receive", 300),
			whole: func(s *trial) (did sent) {
				for range scaled(500) {
					p := s.connect("/receive")
					n, _ := p.Write(p.on.frame(fin|0x10|text, nil))
					did.add(sent{handshakeSize + n, 1})
					if err := closes(1002)(p); err != nil {
						s.t.Fatal(err)
					}
					p.Close()
				}
				return did
			},
			bounds: bounds{unit: "connection", cpu: 2, live: 128 * kib, peak: 8 * mib, goroutines: 20},
			expect: ended(scaled(500), "protocol error"),
		},
	}
	return rows
}

// manyConns is a number of connections: all with HANDSET_SOAK, and otherwise fewer if the
// descriptors or the race detector do not allow so many.
func manyConns(n int) int {
	if raceDetector {
		return n / 20
	}
	if most := raiseDescriptors() - 500; n > most {
		return most
	}
	if os.Getenv("HANDSET_SOAK") == "" {
		return n / 10
	}
	return n
}

// awaitReceived waits until the victim has received the frames that were sent.
func awaitReceived(s *trial, did sent) {
	s.t.Helper()
	frames := uint64(did.bytes - did.units*handshakeSize)
	if r, ok := s.v.await(func(r report) bool { return r.Received >= s.received+frames }); !ok {
		s.t.Errorf("the victim has received %d of %d bytes", r.Received-s.received, frames)
	}
}

// tcp is the connection below TLS.
func (p *peer) tcp() *net.TCPConn {
	conn := p.Conn
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	return conn.(*net.TCPConn)
}
