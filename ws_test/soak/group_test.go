package soak

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// A policy is one of group.SlowPolicy, for Groups that many sessions are members of.
type policy int

const (
	closeSlow policy = iota
	dropNewest
	keepLatest
	policies
)

// groups are Groups with each policy. Messages of a group have its Position before them.
type groups struct {
	of     [policies]*group.Groups
	missed sync.Map // of *ws.Session to *half
}

// groupCount is how many groups there are in each Groups.
const groupCount = 3

// keepsGroup is how long a group and its history are kept after its last member. That is
// short, so that nothing is left at the end.
const keepsGroup = 200 * time.Millisecond

func newGroups() *groups {
	gs := &groups{}
	for p, slow := range [policies]group.SlowPolicy{group.CloseSlow, group.DropNewest, group.KeepLatest} {
		broker := &group.MemoryBroker{History: 32, Retention: keepsGroup / 2}
		gs.of[p] = group.New(broker, group.Options{
			Slow: slow, UnsubscribeDelay: keepsGroup / 2, Missed: gs.countMissed,
			Format: func(m group.Message) []byte {
				return append(fmt.Appendf(nil, "%08x", m.Position.Offset), m.Data...)
			},
			Gap: func(name string, err error) { panic("a broker in memory has no gaps: " + err.Error()) },
		})
	}
	return gs
}

func (gs *groups) countMissed(_ string, s *ws.Session) {
	if h, ok := gs.missed.Load(s); ok {
		h.(*half).missed.Add(1)
	}
}

// join makes the session a member until the client has sent a message, and then closes it.
func join(p policy) func(*half) error {
	return func(h *half) error {
		groups, name := h.server.groups.of[p], fmt.Sprint(h.seed%groupCount)
		h.server.groups.missed.Store(h.session, h)
		defer h.server.groups.missed.Delete(h.session)
		var err error
		if h.rng.IntN(2) == 0 {
			err = groups.Join(context.Background(), name, h.session)
		} else {
			_, err = groups.JoinRecent(context.Background(), name, h.session, h.rng.IntN(16))
		}
		if err != nil {
			return h.joinError(err)
		}
		h.do("joined")
		defer func() { h.skipped = int(h.missed.Load()) }()
		return h.receive(func(m ws.Message) error {
			if m.Kind != ws.Text && m.Kind != ws.Binary && m.Kind != ws.Last {
				return nil
			}
			groups.Leave(name, h.session)
			h.do("left")
			return h.closeAtRandom()
		})
	}
}

// joinError returns err unless it says that the session has ended.
func (h *half) joinError(err error) error {
	h.do("join: " + err.Error())
	if isEnd(err) || errors.Is(err, h.session.Err()) || errors.Is(err, group.ErrTooSlow) {
		return nil
	}
	return fmt.Errorf("join: %w", err)
}

// member receives the messages of a group, sometimes slowly.
func member(h *half) error {
	h.view = aggregated
	m := &membership{drops: h.behaviour.name != "a member that is closed if it is slow", numbers: map[uint32]uint64{}}
	rng, slow := h.random(9), h.rng.IntN(4) == 0
	h.checks = m.add
	return both(func() error {
		defer func() { h.skipped = m.skipped }()
		return h.receive(func(ws.Message) error {
			if slow && rng.IntN(8) == 0 {
				h.stall(rng)
			}
			return nil
		})
	}, func() error {
		h.wait(time.Until(h.until))
		_, err := h.send(h.newStream(), h.rng, 0)
		return errors.Join(err, h.awaitClose())
	})
}

// A membership checks what a member receives: the Offsets of a group increase, by 1 if
// nothing may be missing, and the numbers of each publisher's messages do, too.
type membership struct {
	drops   bool
	offset  uint64
	skipped int
	numbers map[uint32]uint64 // of the last message of each publisher
}

func (m *membership) add(msg ws.Message) error {
	if msg.Kind != ws.Text && msg.Kind != ws.Binary {
		return nil
	}
	if len(msg.Data) < 8+headerSize {
		return fmt.Errorf("message %q", msg.Data)
	}
	offset, err := strconv.ParseUint(string(msg.Data[:8]), 16, 64)
	if err != nil {
		return err
	}
	switch {
	case m.offset == 0, offset == m.offset+1:
	case offset <= m.offset, !m.drops:
		return fmt.Errorf("offset %d follows %d", offset, m.offset)
	default:
		m.skipped += int(offset - m.offset - 1)
	}
	m.offset = offset
	f, err := parseHeader(msg.Kind, msg.Data[8:], uint64(len(msg.Data)-8), checksum(msg.Data[8:]))
	if err != nil {
		return err
	}
	if last, known := m.numbers[f.stream]; known && (f.number <= last || !m.drops && f.number != last+1) {
		return fmt.Errorf("stream %x: message %d follows %d", f.stream, f.number, last)
	}
	m.numbers[f.stream] = f.number
	return nil
}

// publish publishes what it receives to a group of each policy.
func publish(h *half) error {
	h.view = aggregated
	name := fmt.Sprint(h.seed % groupCount)
	return h.receive(func(m ws.Message) error {
		if m.Kind != ws.Text && m.Kind != ws.Binary {
			return nil
		}
		for _, groups := range h.server.groups.of {
			if err := groups.Publish(context.Background(), name, m.Kind, m.Data); err != nil {
				return fmt.Errorf("publish: %w", err)
			}
		}
		return nil
	})
}
