package hostile_test

import (
	"math/rand/v2"
)

// fragments are floods of fragments and of messages.
func fragments() []attack {
	// open begins a message and floods it with frames.
	open := func(n int, frames func(s side) ([]byte, int)) func(*peer) sent {
		return func(p *peer) sent {
			_, _ = p.Write(p.on.frame(text, nil))
			b, units := frames(p.on)
			return p.flood(b, units, scaled(n))
		}
	}
	return []attack{
		{
			name: "empty fragments", does: "a message of empty fragments, without end",
			sides: both, conns: 1, honest: messages("/receive", 125, 8*mib), end: stays,
			script: open(4*mib, func(s side) ([]byte, int) { return s.frame(continuation, nil), 1 }),
			bounds: bounds{unit: "frame", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "fragments of one byte", does: "a message of fragments of one byte, beyond the limit of its length",
			sides: both, conns: 1, honest: messages("/receive", 125, 8*mib), end: stays,
			script: open(12*mib, func(s side) ([]byte, int) { return s.frame(continuation, []byte("x")), 1 }),
			bounds: bounds{unit: "frame", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 1},
			expect: func(r report) bool { return raceDetector || r.TooBig == 1 },
		},
		{
			name: "Pings between fragments", does: "a Ping after each fragment of one byte",
			sides: both, conns: 1, honest: messages("/echo", 125, 2*mib), end: stays,
			script: open(2*mib, func(s side) ([]byte, int) {
				return append(s.frame(continuation, []byte("x")), s.frame(fin|ping, nil)...), 2
			}),
			bounds: bounds{unit: "frame", cpu: 2, live: 1200 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "empty messages", does: "messages without a byte, which are sent back",
			sides: both, path: "/echo", conns: 1, honest: messages("/echo", 125, 2*mib), end: stays,
			script: func(p *peer) sent { return p.flood(p.on.frame(fin|text, nil), 1, scaled(mib)) },
			bounds: bounds{unit: "frame", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "messages of one byte", does: "messages of one byte, which are sent back",
			sides: both, path: "/echo", conns: 1, honest: messages("/echo", 125, 2*mib), end: stays,
			script: func(p *peer) sent { return p.flood(p.on.frame(fin|text, []byte("x")), 1, scaled(mib)) },
			bounds: bounds{unit: "frame", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "frames byte by byte", does: "messages, one byte with each write",
			sides: both, conns: 10, honest: segments(1, 2000), end: stays,
			script: func(p *peer) sent {
				did := p.trickle(string(p.on.frame(fin|text, make([]byte, 125))))
				p.mark()
				_, _ = p.await(pong, "")
				return did
			},
			bounds: bounds{unit: "write", cpu: 3, live: 8 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "masks that vary", does: "messages of all lengths up to 1,021 bytes, each with another key",
			sides: []side{server}, conns: 1, honest: messages("/receive", 510, 16*mib), end: stays,
			script: func(p *peer) sent {
				rng := rand.New(rand.NewPCG(1, 18))
				var frames []byte
				for n := range 1021 {
					frame := p.on.frame(fin|binaryFrame, make([]byte, n))
					other := [4]byte{byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32())}
					mask(frame[len(frame)-n:], other)
					copy(frame[len(frame)-n-4:], other[:])
					frames = append(frames, frame...)
				}
				return p.flood(frames, 1021, scaled(16*mib))
			},
			bounds: bounds{unit: "byte", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
	}
}

// controls are floods of control frames.
func controls() []attack {
	return []attack{
		{
			name: "Pings, with answers unread", does: "Pings of 125 bytes, without reading",
			sides: both, conns: 4, honest: messages("/echo", 125, 2*mib), end: stays,
			script: func(p *peer) sent { return p.unread(p.on.frame(fin|ping, make([]byte, 125)), 1, scaled(8*mib)) },
			bounds: bounds{unit: "frame", cpu: 2, live: 160 * kib, peak: 8 * mib, goroutines: 2},
		},
		{
			name: "empty Pings", does: "Pings without a byte, whose answers are read",
			sides: both, conns: 1, honest: messages("/echo", 125, 2*mib), end: stays,
			script: func(p *peer) sent { return p.flood(p.on.frame(fin|ping, nil), 1, scaled(2*mib)) },
			bounds: bounds{unit: "frame", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "Pings over TLS, with answers unread", does: "Pings of 125 bytes over TLS, without reading",
			sides: both, settings: settings{TLS: true}, conns: 2, honest: messages("/echo", 125, 2*mib), end: stays,
			script: func(p *peer) sent { return p.unread(p.on.frame(fin|ping, make([]byte, 125)), 1, scaled(4*mib)) },
			bounds: bounds{unit: "frame", cpu: 2, live: 256 * kib, peak: 8 * mib, goroutines: 2},
		},
		{
			name: "Pongs that nobody asked for", does: "Pongs of all lengths",
			sides: both, conns: 1, honest: messages("/receive", 125, 8*mib), end: stays,
			script: func(p *peer) sent {
				var frames []byte
				for n := range 126 {
					frames = append(frames, p.on.frame(fin|pong, make([]byte, n))...)
				}
				return p.flood(frames, 126, scaled(8*mib))
			},
			bounds: bounds{unit: "frame", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
	}
}
