package redis

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/group"
)

// retryDelay is when a read is tried again after the server has refused it for the time being.
const retryDelay = 100 * time.Millisecond

var (
	errHole     = errors.New("redis: messages were not delivered")
	errNewEpoch = errors.New("redis: the history was deleted")
	errEpoch    = errors.New("a new epoch has begun")
	errTrimmed  = errors.New("messages are not stored any more")
	errMessage  = errors.New("redis: message on the channel is not one of this package")
)

// processStored is process with a history. A message that is not the next one is in the
// stream, or has been delivered already, or belongs to an epoch that has ended.
func (s *subscription) processStored(i item) {
	if i.begin || i.missed != nil {
		s.catchUp(i.missed)
		return
	}
	entry, ok := parseMessage(i.data)
	if !ok {
		s.gap(errMessage)
		return
	}
	known := true
	switch p := entry.Position; {
	case p.Epoch != s.last.Epoch:
		known = s.catchUp(errNewEpoch)
	case p.Offset > s.last.Offset+1:
		known = s.catchUp(errHole)
	case p.Offset == s.last.Offset+1:
		known = false
	}
	if !known {
		s.deliver(entry)
	}
}

// parseMessage returns the entry in what lua/publish.lua publishes.
func parseMessage(message string) (group.Entry, bool) {
	epoch, rest, _ := strings.Cut(message, ":")
	offset, data, ok := strings.Cut(rest, ":")
	p, err := position(epoch, offset)
	return group.Entry{Data: []byte(data), Position: p}, ok && err == nil
}

// deliver calls receive for a message.
func (s *subscription) deliver(entry group.Entry) {
	s.last = entry.Position
	s.receive(group.Event{Entry: entry})
}

// gap calls receive for a gap.
func (s *subscription) gap(err error) { s.receive(group.Event{Gap: err}) }

// catchUp delivers the stored messages after the last one. Messages of the queue that it
// has delivered are skipped later. If some are not stored, it reports a gap, because of
// reason, and delivers those that are. For a new subscription it only notes the position
// of the newest message. It returns false if it cannot read, which it reports as a gap.
func (s *subscription) catchUp(reason error) bool {
	for {
		p, err := s.read()
		switch {
		case s.ctx.Err() != nil: // what has been read may be newer than Close
			return true
		case err != nil && !s.begun:
			s.begin(err)
			return false
		case err != nil:
			s.gap(fmt.Errorf("redis: history cannot be read: %w", err))
			return false
		case !s.begun:
			s.last, s.begun = p.newest, true
			s.begin(nil)
			return true
		case !p.stored:
			s.gap(fmt.Errorf("%w: %w", reason, s.why(p)))
			s.last = group.Position{Epoch: p.newest.Epoch, Offset: p.oldest - 1}
		}
		for _, entry := range p.entries {
			if s.ctx.Err() != nil {
				return true
			}
			s.deliver(entry)
		}
		if s.last.Offset >= p.newest.Offset {
			return true
		}
	}
}

// why returns why missed messages cannot be delivered.
func (s *subscription) why(p page) error {
	if p.newest.Epoch != s.last.Epoch {
		return errEpoch
	}
	return errTrimmed
}

// read reads the next page of stored messages. It waits while there is no connection.
func (s *subscription) read() (page, error) {
	b := s.broker
	select {
	case b.history.reading <- struct{}{}:
		defer func() { <-b.history.reading }()
	case <-s.ctx.Done():
		return page{}, s.ctx.Err()
	}
	for delay := time.Duration(0); ; delay = retryDelay { // the connection may just have been lost
		if !sleep(s.ctx, delay) {
			return page{}, s.ctx.Err()
		}
		if err := b.commands.waitConnected(s.ctx); err != nil {
			return page{}, err
		}
		p, err := b.history.page(s.ctx, s.group, s.last, math.MaxInt32, true)
		if err == nil || s.ctx.Err() != nil || !isTemporary(err) {
			return p, err
		}
	}
}

// isTemporary reports whether a read that has failed is tried again.
func isTemporary(err error) bool {
	if err == ErrClosed {
		return false
	}
	if _, refused := rueidis.IsRedisErr(err); refused || errors.Is(err, errReply) {
		return errors.Is(err, group.ErrUnavailable)
	}
	return true
}
