package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/handset-go/handset/ws"
)

// A way is a way to send a message. It returns an error of the session if that has
// ended, and a context's error if nothing was sent.
type way struct {
	name string
	send func(context.Context, *ws.Session, *rand.Rand, ws.Message) error
}

var ways = []way{
	{"Send", func(ctx context.Context, s *ws.Session, _ *rand.Rand, m ws.Message) error { return s.Send(ctx, m) }},
	{"Text or Binary", func(ctx context.Context, s *ws.Session, _ *rand.Rand, m ws.Message) error {
		if m.Kind == ws.Text {
			return s.Text(ctx, string(m.Data))
		}
		return s.Binary(ctx, m.Data)
	}},
	{"TrySend, then Send", func(ctx context.Context, s *ws.Session, _ *rand.Rand, m ws.Message) error {
		err := s.TrySend(m)
		if errors.Is(err, ws.ErrBufferFull) {
			return s.Send(ctx, m)
		}
		return err
	}},
	{"SendPrepared", func(ctx context.Context, s *ws.Session, _ *rand.Rand, m ws.Message) error {
		pm, err := ws.Prepare(m.Kind, m.Data)
		if err != nil {
			return err
		}
		return s.SendPrepared(ctx, pm)
	}},
	{"TrySendPrepared, then SendPrepared", func(ctx context.Context, s *ws.Session, _ *rand.Rand, m ws.Message) error {
		pm, err := ws.Prepare(m.Kind, m.Data)
		if err != nil {
			return err
		}
		if err = s.TrySendPrepared(pm); errors.Is(err, ws.ErrBufferFull) {
			return s.SendPrepared(ctx, pm)
		}
		return err
	}},
	{"Send with contexts that end", func(_ context.Context, s *ws.Session, rng *rand.Rand, m ws.Message) error {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), randomTime(rng, 20*time.Millisecond))
			err := s.Send(ctx, m)
			cancel()
			if err == nil || err != context.DeadlineExceeded {
				return err
			}
		}
	}},
	{"Writer", func(ctx context.Context, s *ws.Session, rng *rand.Rand, m ws.Message) error {
		w := s.Writer(ctx, m.Kind)
		for part := range parts(rng, m.Data) {
			if _, err := w.Write(part); err != nil {
				_ = w.Close()
				return err
			}
		}
		return w.Close()
	}},
	{"Continuation", func(ctx context.Context, s *ws.Session, rng *rand.Rand, m ws.Message) error {
		kind := firstKind(m.Kind)
		for part := range parts(rng, m.Data) {
			if err := s.Continuation(ctx, kind, part); err != nil {
				return err
			}
			kind = ws.Continue
			if rng.IntN(4) == 0 {
				if err := s.Ping(ctx, []byte("between fragments")); err != nil {
					return err
				}
			}
		}
		if kind != ws.Continue { // there was no part
			if err := s.Continuation(ctx, kind, nil); err != nil {
				return err
			}
		}
		return s.Continuation(ctx, ws.Last, nil)
	}},
}

// parts cuts data into at most about 20 parts, some of them of one byte.
func parts(rng *rand.Rand, data []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for longest := 1 + len(data)/8; len(data) > 0; {
			n := min(1+rng.IntN(longest), len(data))
			if rng.IntN(8) == 0 {
				n = 1
			}
			if !yield(data[:n]) {
				return
			}
			data = data[n:]
		}
	}
}

// send sends the next message of a stream in a random way. It returns an error only if
// something is wrong; more is false if the session is closed.
func (h *half) send(s *stream, rng *rand.Rand, size int) (more bool, failure error) {
	kind := ws.Text
	if rng.IntN(2) == 0 {
		kind = ws.Binary
	}
	way := &ways[rng.IntN(len(ways))]
	m := s.message(kind, size, rng)
	h.do(way.name, len(m.Data))
	err := way.send(context.Background(), h.session, rng, m)
	if err == nil {
		s.count(m)
		h.counts(s.id, s.sent)
		return true, nil
	}
	h.do(way.name + ": " + err.Error())
	if !isEnd(err) {
		return false, fmt.Errorf("%s: %w", way.name, err)
	}
	return false, nil
}

// sendUntil sends messages of a stream until the session's time is over or it is closed.
func (h *half) sendUntil(rng *rand.Rand, delay time.Duration, size func(*rand.Rand) int) error {
	s := h.newStream()
	for h.thinkBy(rng, delay) {
		if more, err := h.send(s, rng, size(rng)); !more {
			return err
		}
	}
	return nil
}

// sendStreams runs sendUntil in some goroutines.
func (h *half) sendStreams(n int, delay time.Duration, size func(*rand.Rand) int) error {
	failed := make(chan error, n)
	for range n {
		rng := rand.New(rand.NewPCG(h.rng.Uint64(), h.rng.Uint64()))
		go func() { failed <- h.sendUntil(rng, delay*time.Duration(n), size) }()
	}
	var errs []error
	for range n {
		errs = append(errs, <-failed)
	}
	return errors.Join(errs...)
}

// Sizes of messages.
func smallSize(rng *rand.Rand) int  { return headerSize + rng.IntN(300) }
func mediumSize(rng *rand.Rand) int { return 1 << (5 + rng.IntN(10)) }
func largeSize(rng *rand.Rand) int  { return min(maxPayload, 64<<10+rng.IntN(1<<(17+rng.IntN(6)))) }
