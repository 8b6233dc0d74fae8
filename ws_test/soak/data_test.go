package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/handset-go/handset/ws"
)

// thinkTime is how long most sessions wait between two messages.
const thinkTime = time.Second

// sendAndClose sends messages and receives whatever there is, such as their echo.
func sendAndClose(h *half) error {
	return both(h.receiveAll, func() error {
		err := h.sendUntil(h.rng, thinkTime, mediumSize)
		return errors.Join(err, h.closeAtRandom())
	})
}

// duplex sends in some streams and receives. One side or both close the session.
func duplex(h *half) error {
	return both(h.receiveAll, func() error {
		err := h.sendStreams(1+h.rng.IntN(3), thinkTime, mediumSize)
		return errors.Join(err, h.closeInTurn())
	})
}

// duplexToTheEnd is duplex that leaves it to the other side to end the session.
func duplexToTheEnd(h *half) error {
	return both(h.receiveAll, func() error {
		return h.sendStreams(1+h.rng.IntN(3), thinkTime, mediumSize)
	})
}

// closeInTurn closes the session if this side is to close it. Otherwise it waits
// until the other side has.
func (h *half) closeInTurn() error {
	if h.closer == h.side || h.closer == "both" {
		return h.closeAtRandom()
	}
	return h.awaitClose()
}

// awaitClose waits until the other side has closed the session. At the end of the soak the
// client does.
func (h *half) awaitClose() error {
	select {
	case <-h.session.Done():
		return nil
	case <-h.stop.Done():
		return h.closeAtRandom()
	case <-time.After(time.Until(h.until) + patience):
		return errors.New("the other side does not close the session")
	}
}

// closeAtRandom closes the session with a random reason.
func (h *half) closeAtRandom() error {
	reason := ws.CloseReason{Code: [...]ws.CloseCode{0, 1000, 1001, 1003, 1008, 3000, 4000, 4999}[h.rng.IntN(8)]}
	if reason.Code != 0 && h.rng.IntN(2) == 0 {
		reason.Description = string(texts[:4*h.rng.IntN(40)]) // may be shortened
	}
	return h.close(reason)
}

// echo sends back what it receives.
func echo(h *half) error { return h.echoWhile(func() bool { return true }) }

func (h *half) echoWhile(more func() bool) error {
	return h.receive(func(m ws.Message) error {
		if !more() {
			return errLeave
		}
		if m.Kind == ws.Ping || m.Kind == ws.Pong || m.Kind == ws.Close {
			return nil
		}
		if err := h.session.Send(context.Background(), m); err != nil {
			h.do("echo: " + err.Error())
			if isEnd(err) {
				return nil // the rest is received, and cannot be sent back
			}
			return fmt.Errorf("echo: %w", err)
		}
		if m.Kind == ws.Text || m.Kind == ws.Binary || m.Kind == ws.Last {
			h.counts(h.check.last, h.check.streams[h.check.last])
		}
		return nil
	})
}

// bursts sends many messages at once and waits until the server has received them, which
// the Pong to a Ping behind them says.
func bursts(h *half) error {
	pongs := make(chan string, 1<<10)
	return both(func() error { return h.receive(passPongs(pongs)) }, func() error {
		s := h.newStream()
		for n := 0; h.think(4 * thinkTime); n++ {
			for range 50 + h.rng.IntN(300) {
				if more, err := h.send(s, h.rng, smallSize(h.rng)); !more {
					return err
				}
			}
			if err := h.awaitPong(fmt.Sprint("burst ", n), pongs); err != nil {
				return err
			}
		}
		return h.closeAtRandom()
	})
}

// passPongs passes the payloads of Pongs on, unless nothing waits for them.
func passPongs(pongs chan<- string) func(ws.Message) error {
	return func(m ws.Message) error {
		if m.Kind == ws.Pong {
			select {
			case pongs <- string(m.Data):
			default:
			}
		}
		return nil
	}
}

// awaitPong sends a Ping and waits for its Pong.
func (h *half) awaitPong(payload string, pongs <-chan string) error {
	if err := h.session.Ping(context.Background(), []byte(payload)); err != nil {
		return endOr(err)
	}
	h.do("Ping")
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case got := <-pongs:
			if got == payload {
				return nil
			}
		case <-h.session.Done():
			return nil
		case <-late.C:
			return fmt.Errorf("no Pong to %q", payload)
		}
	}
}

// endOr returns err unless it says that the session has been closed.
func endOr(err error) error {
	if isEnd(err) {
		return nil
	}
	return err
}

// shortMessages sends messages of no, one and two bytes.
func shortMessages(h *half) error {
	s := h.newStream()
	s.short, h.check.short = true, s.id
	return both(h.receiveAll, func() error {
		for h.think(2 * thinkTime) {
			for range 1 + h.rng.IntN(500) {
				if more, err := h.send(s, h.rng, 0); !more {
					return err
				}
			}
		}
		return h.closeAtRandom()
	})
}

// shortEcho is echo for them. The stream is the client's first one.
func shortEcho(h *half) error {
	client := half{request: h.request, side: "client"}
	h.check.short = client.newStream().id
	return echo(h)
}

// largeMessages sends messages of up to some MiB.
func largeMessages(h *half) error {
	return both(h.receiveAll, func() error {
		err := h.sendUntil(h.rng, 4*thinkTime, largeSize)
		return errors.Join(err, h.closeAtRandom())
	})
}

// pings sends Pings with payloads, some at once, and checks that the last of them is
// answered, and that no Pong is out of order.
func pings(h *half) error {
	sent, pongs := &payloads{}, make(chan string, 1<<10)
	return both(func() error {
		return h.receive(func(m ws.Message) error {
			if m.Kind != ws.Pong {
				return nil
			}
			_ = passPongs(pongs)(m)
			return sent.answered(m.Data)
		})
	}, func() error {
		for h.think(thinkTime) {
			for range h.rng.IntN(4) {
				payload := randomPayload(h.rng)
				sent.add(payload)
				if err := h.session.Ping(context.Background(), payload); err != nil {
					return endOr(err)
				}
			}
			last := randomPayload(h.rng)
			sent.add(last)
			if err := h.awaitPong(string(last), pongs); err != nil {
				return err
			}
		}
		return h.closeInTurn()
	})
}

func randomPayload(rng *rand.Rand) []byte {
	at := rng.IntN(len(randomBytes) - 125)
	return bytes.Clone(randomBytes[at : at+8+rng.IntN(118)])
}

// receiveOnly receives until the other side ends the session.
func receiveOnly(h *half) error {
	return both(h.receiveAll, h.awaitClose)
}

// sendOnly sends, and discards what arrives.
func sendOnly(h *half) error {
	if err := h.stream.Discard(); err != nil {
		return err
	}
	err := h.sendStreams(1+h.rng.IntN(3), thinkTime, mediumSize)
	return errors.Join(err, h.closeAtRandom())
}

// idle sends nothing for long, and then a message.
func idle(h *half) error {
	return both(h.receiveAll, func() error {
		if !h.wait(time.Until(h.until) * 9 / 10) {
			return h.closeAtRandom()
		}
		_, err := h.send(h.newStream(), h.rng, mediumSize(h.rng))
		return errors.Join(err, h.closeAtRandom())
	})
}
