package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/handset-go/handset/ws"
)

// slowReader receives, and stops for a time now and then, so that TCP stops the peer. It
// receives so much between two stops that the peer's kernel notices.
func slowReader(h *half) error {
	rng, left := h.random(9), 0
	return both(func() error {
		return h.receive(func(m ws.Message) error {
			if left -= len(m.Data); left < 0 {
				left = 8<<10 + rng.IntN(32<<10)
				h.stall(rng)
			}
			return nil
		})
	}, h.awaitClose)
}

// stall waits for up to two seconds, which the pace may make shorter, but not longer: a peer
// that reads too little for long loses its session.
func (h *half) stall(rng *rand.Rand) {
	d := randomTime(rng, 2*time.Second)
	h.wait(min(d, h.pace.of(d), time.Until(h.until)))
}

// fastSender sends as much as the peer takes, and then waits. It does not wait for the
// peer in a send, but tries until the queue is full.
func fastSender(h *half) error {
	return both(h.receiveAll, func() error {
		err := h.sendBlocks()
		return errors.Join(err, h.closeAtRandom())
	})
}

// backlog is fastSender that closes the session at a time when the queue is full, if it ever is.
func backlog(h *half) error {
	return both(h.receiveAll, func() error {
		s := h.newStream()
		for h.think(thinkTime / 8) {
			full, err := h.fill(s)
			if err != nil {
				return err
			}
			if full && time.Until(h.until) < time.Second {
				break
			}
		}
		return h.closeAtRandom()
	})
}

func (h *half) sendBlocks() error {
	s := h.newStream()
	for h.think(2 * thinkTime) {
		if _, err := h.fill(s); err != nil {
			return err
		}
		if more, err := h.send(s, h.rng, mediumSize(h.rng)); !more { // which waits, or is interrupted
			return err
		}
	}
	return nil
}

// fill sends with TrySend until the queue is full, or has taken a lot.
func (h *half) fill(s *stream) (full bool, err error) {
	for range 16 {
		m := s.message(ws.Binary, mediumSize(h.rng), h.rng)
		switch err := h.session.TrySend(m); {
		case errors.Is(err, ws.ErrBufferFull):
			h.do("TrySend: full", h.session.Buffered())
			return true, nil
		case isEnd(err):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("TrySend: %w", err)
		}
		h.do("TrySend", len(m.Data))
		s.count(m)
		h.counts(s.id, s.sent)
	}
	return false, nil
}

// flood sends until it fails.
func flood(h *half) error {
	return both(h.receiveAll, func() error {
		for s := h.newStream(); ; {
			if more, err := h.send(s, h.rng, mediumSize(h.rng)); !more {
				return err
			}
		}
	})
}

// closeAtOnce closes the session and waits for its end.
func closeAtOnce(h *half) error {
	return both(h.receiveAll, func() error { return h.close(ws.CloseReason{Code: ws.CloseNormal}) })
}

// tooBig sends messages, of which the server does not accept those of more than 1 KiB.
func tooBig(h *half) error {
	return both(h.receiveAll, func() error {
		s, big := h.newStream(), h.newStream()
		for h.think(thinkTime / 2) {
			if h.rng.IntN(2) == 0 {
				m := big.message(ws.Binary, shortLimit+4+h.rng.IntN(64<<10), h.rng)
				if err := h.session.Send(context.Background(), m); err != nil {
					return endOr(err)
				}
				h.do("Send of a message that is too big", len(m.Data))
				h.skipped++
			} else if more, err := h.send(s, h.rng, smallSize(h.rng)); !more {
				return err
			}
		}
		return h.closeAtRandom()
	})
}

// shortLimit is the length of the longest message that receiveShort accepts.
const shortLimit = 1 << 10

// receiveShort receives messages of up to shortLimit bytes.
func receiveShort(h *half) error {
	short := h.stream.Aggregate(shortLimit)
	for msg, err := range short.All(context.Background()) {
		if errors.Is(err, ws.ErrMessageTooBig) {
			h.do("too big")
			h.skipped++
			continue
		}
		if err != nil {
			h.do(err.Error())
			return nil
		}
		if err := h.check.add(msg); err != nil {
			return err
		}
	}
	return nil
}

// longFrame sends messages, and at the end one in a frame that the server does not accept.
func longFrame(h *half) error {
	return both(h.receiveAll, func() error {
		if err := h.sendUntil(h.rng, thinkTime, smallSize); err != nil {
			return err
		}
		m := h.newStream().message(ws.Binary, 2*frameLimit, h.rng)
		h.do("Send of a long frame", len(m.Data))
		return endOr(h.session.Send(context.Background(), m))
	})
}

// frameLimit is the length of the longest frame that receiveFrames accepts.
const frameLimit = 4 << 10

func receiveFrames(h *half) error {
	h.stream.MaxFrameSize(frameLimit)
	return h.receiveAll()
}

// refuseData does not accept data.
func refuseData(h *half) error {
	if err := h.stream.RefuseData().Discard(); err != nil {
		return err
	}
	return h.sendUntil(h.rng, thinkTime, smallSize)
}
