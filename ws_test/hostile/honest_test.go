package hostile_test

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/deflatetest"
)

// honest is an honest peer, whose CPU time an attack is compared with.
type honest func(s *trial) sent

// cost is the CPU time of an honest peer.
type cost struct{ byte, unit float64 } // in nanoseconds

// cost measures an honest peer. Of several, the one that cost least counts.
func (s *trial) cost(h honest) (least cost) {
	s.t.Helper()
	for i := range 2 {
		before := s.v.usage()
		did := h(s)
		c := costOf(before, s.v.usage(), did)
		s.closeOpen()
		if i == 0 || c.byte < least.byte {
			least = c
		}
	}
	return least
}

// closeOpen closes the connections that stayed open until the usage had been measured.
func (s *trial) closeOpen() {
	for _, p := range s.open {
		p.Close()
	}
	s.open = nil
}

func costOf(before, after usage, did sent) cost {
	used := float64(after.CPU - before.After)
	return cost{used / float64(max(did.bytes, 1)), used / float64(max(did.units, 1))}
}

// messages is an honest peer that sends messages of some bytes, n bytes in all.
func messages(path string, size, n int) honest {
	return func(s *trial) sent {
		p := s.connect(path)
		did := p.flood(s.on.frame(fin|binaryFrame, make([]byte, size)), 1, scaled(n))
		p.leave(s.t)
		return did
	}
}

// texts is an honest peer that sends compressed messages of 1 KiB of JSON. Its units are
// bytes after decompression.
func texts(n int) honest {
	return func(s *trial) (did sent) {
		var frames []byte
		units, rng := 0, rand.New(rand.NewPCG(1, 17))
		for range 100 {
			message := deflatetest.JSON(rng, 1<<10)
			units += len(message)
			frames = append(frames, s.on.frame(fin|rsv1|text, deflated(s.t, message))...)
		}
		p := s.connect("/receive")
		did = p.flood(frames, units, scaled(n))
		p.leave(s.t)
		return did
	}
}

// deflated compresses a message (RFC 7692 §7.2.1).
func deflated(t *testing.T, message []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(message); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{0x00, 0x00, 0xff, 0xff})
}

// segments is an honest peer that writes one message of some bytes at a time and
// waits for the answer. Its units are writes.
func segments(size, n int) honest {
	return func(s *trial) (did sent) {
		p := s.connect("/echo")
		frame := s.on.frame(fin|binaryFrame, make([]byte, size))
		for range scaled(n) {
			if err := p.echo(frame); err != nil {
				s.t.Fatal(err)
			}
			did.add(sent{len(frame), 1})
		}
		p.leave(s.t)
		return did
	}
}

// echo sends a message and receives it back.
func (p *peer) echo(frame []byte) error {
	if _, err := p.Write(frame); err != nil {
		return err
	}
	_, err := p.await(binaryFrame, "")
	return err
}

// visits is an honest peer that connects, sends one message and closes the session, n
// times. Its units are connections.
func visits(path string, n int) honest {
	return func(s *trial) (did sent) {
		for range scaled(n) {
			p := s.connect(path)
			n, _ := p.Write(s.on.frame(fin|binaryFrame, make([]byte, 125)))
			did.add(sent{handshakeSize + n, 1})
			p.leave(s.t)
		}
		return did
	}
}

// bystander is an honest peer whose messages must be answered during an attack.
type bystander struct {
	p    *peer
	quit chan struct{}
	done sync.WaitGroup
	service
	err error
}

// service is how an honest peer was served.
type service struct {
	time    time.Duration
	answers int
	slowest time.Duration
}

// startBystander starts an honest peer, which sends a message every few milliseconds and
// waits for the answer.
func (s *trial) startBystander() *bystander {
	s.t.Helper()
	b := &bystander{p: s.connect("/echo"), quit: make(chan struct{})}
	frame := s.on.frame(fin|binaryFrame, make([]byte, 100))
	b.done.Go(func() {
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		began := time.Now()
		for b.err == nil {
			asked := time.Now()
			_ = b.p.SetDeadline(asked.Add(testTimeout))
			if b.err = b.p.echo(frame); b.err == nil {
				b.answers++
				b.slowest = max(b.slowest, time.Since(asked))
			}
			b.time = time.Since(began)
			select {
			case <-b.quit:
				return
			case <-pace.C:
			}
		}
	})
	return b
}

// stop ends the honest peer, which must have been served.
func (b *bystander) stop(t *testing.T) service {
	t.Helper()
	close(b.quit)
	b.done.Wait()
	if b.err != nil {
		t.Errorf("an honest peer beside the attack: %v after %d answers", b.err, b.answers)
	} else {
		b.p.leave(t)
	}
	return b.service
}

// scaled is a number, or less of it where it would take too long.
func scaled(n int) int {
	if raceDetector {
		return max(n/10, 1)
	}
	return n
}
