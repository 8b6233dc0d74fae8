package hostile_test

import (
	"errors"
	"io"
	"os"
	"time"
)

// closings are attacks around the closing handshake.
func closings() []attack {
	return []attack{
		{
			name: "Close frames", does: "Close frames, as many as the victim accepts up to 4 MiB",
			sides: both, settings: settings{CloseTimeout: 500 * time.Millisecond}, conns: 20, end: lost, honest: messages("/receive", 125, 8*mib),
			script: func(p *peer) sent { return p.write(p.on.closeFrame(1000), 1, scaled(4*mib)) },
			bounds: bounds{unit: "byte", cpu: 5, live: 64 * kib, peak: 8 * mib, goroutines: 2},
			expect: ended(20, "closed"),
		},
		{
			name: "messages after a Close frame", does: "a Close frame and then messages, as many as the victim accepts up to 8 MiB",
			sides: both, settings: settings{CloseTimeout: 500 * time.Millisecond}, conns: 20, end: lost, honest: messages("/receive", 1024, 32*mib),
			script: func(p *peer) sent {
				_, _ = p.Write(p.on.closeFrame(1000))
				return p.write(p.on.frame(fin|text, make([]byte, 1024)), 1, scaled(8*mib))
			},
			bounds: bounds{unit: "byte", cpu: 5, live: 64 * kib, peak: 8 * mib, goroutines: 2},
			expect: ended(20, "closed"),
		},
	}
}

// readers are peers that do not read what they are sent.
func readers() []attack {
	return []attack{
		{
			name: "reading a byte now and then", does: "messages that are sent back, of which the attacker reads one byte every 200 ms",
			sides: both, settings: settings{WriteTimeout: 4 * time.Second}, path: "/echo", conns: 20, waits: true, honest: messages("/echo", 1024, 2*mib),
			script: func(p *peer) sent { return p.readSlowly() }, until: ended(20, "write timeout"),
			bounds: bounds{unit: "byte", cpu: 3, live: 256 * kib, peak: 16 * mib, goroutines: 2},
		},
	}
}

// readSlowly sends messages until no more are taken, and reads a few bytes, one by one.
func (p *peer) readSlowly() (did sent) {
	block := repeatedFrames(p.on.frame(fin|binaryFrame, make([]byte, 1024)), blockSize)
	for began := time.Now(); time.Since(began) < testTimeout; {
		_ = p.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := p.Write(block)
		did.add(sent{n, n / 1024})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		} else if err != nil {
			return did
		}
	}
	for range 5 {
		<-time.After(200 * time.Millisecond)
		if _, err := io.ReadFull(p.br, make([]byte, 1)); err != nil {
			break
		}
	}
	return did
}
