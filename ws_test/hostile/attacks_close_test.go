package hostile_test

import (
	"io"
	"sync/atomic"
	"time"
)

// closings are attacks around the closing handshake.
func closings() []attack {
	return []attack{
		{
			name: "Close frames", does: "Close frames, as many as the victim accepts up to 4 MiB",
			sides: both, settings: settings{CloseTimeout: 500 * time.Millisecond}, conns: 20, end: lost, honest: messages("/receive", 125, 8*mib),
			script: func(p *peer) sent { return p.write(p.on.closeFrame(1000), 1, scaled(4*mib)) },
			bounds: bounds{unit: "byte", cpu: 5, live: 64 * kib, peak: 4 * mib, goroutines: 2},
			expect: ended(20, "closed"),
		},
		{
			name: "messages after a Close frame", does: "a Close frame and then messages, as many as the victim accepts up to 8 MiB",
			sides: both, settings: settings{CloseTimeout: 500 * time.Millisecond}, conns: 20, end: lost, honest: messages("/receive", 1024, 32*mib),
			script: func(p *peer) sent {
				_, _ = p.Write(p.on.closeFrame(1000))
				return p.write(p.on.frame(fin|text, make([]byte, 1024)), 1, scaled(8*mib))
			},
			bounds: bounds{unit: "byte", cpu: 5, live: 64 * kib, peak: 4 * mib, goroutines: 2},
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

// readSlowly sends messages, and reads a byte now and then once no more are taken. It goes
// on sending after it has returned, until the victim ends the connection.
func (p *peer) readSlowly() sent {
	const size = 1 << 10
	block := repeatedFrames(p.on.frame(fin|binaryFrame, make([]byte, size)), blockSize)
	var written atomic.Int64
	_ = p.SetDeadline(time.Now().Add(2 * testTimeout))
	go func() {
		for {
			n, err := p.Write(block)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	pace := time.NewTicker(200 * time.Millisecond)
	defer pace.Stop()
	for last := int64(-1); written.Load() > last; <-pace.C {
		last = written.Load()
	}
	for range 5 {
		<-pace.C
		if _, err := io.ReadFull(p.br, make([]byte, 1)); err != nil {
			break
		}
	}
	n := int(written.Load())
	return sent{n, n / size}
}
