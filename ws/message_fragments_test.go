package ws

import (
	"fmt"
	"slices"
	"testing"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// fragmentSender is one of several goroutines that send any fragments.
type fragmentSender struct {
	next    step
	sends   int // index of its fragment in candidates
	checked checkedFragment
}

// step is the next step of a fragmentSender.
type step int

const (
	checks   step = iota
	queues        // or withdraws
	succeeds      // its fragment was queued
	fails         // it was not
)

// candidates are the fragments that a sender may send. Together they are a message of
// one character.
var candidates = [...]outbox.Frame{
	{Opcode: frame.Text, Data: []byte("\xc3")},
	{Data: []byte("\xa9")},
	{Fin: true},
}

// fragmentModel has several senders that share a fragments and a queue. The queue
// only knows whether a message is open, as the outbox does.
type fragmentModel struct {
	fragments fragments
	senders   [3]fragmentSender
	open      bool
	sent      frame.Sequence
	text      frame.UTF8
	log       []string
}

// key returns the state of the model. Of the numbers of messages it has only whether
// a fragment continues the latest message.
func (m *fragmentModel) key() any {
	senders := m.senders
	for i := range senders {
		c := &senders[i].checked
		if c.message = m.fragments.message - c.message; c.message > 1 {
			c.message = 1
		}
	}
	return [...]any{m.fragments.state, m.fragments.sending, senders, m.open, m.sent, m.text}
}

// event is something that a sender may do next.
type event struct {
	sender int
	do     func(m *fragmentModel, s *fragmentSender) error
	name   string
}

func (m *fragmentModel) events() (events []event) {
	for i, s := range m.senders {
		switch s.next {
		case checks:
			for n := range candidates {
				events = append(events, event{i, func(m *fragmentModel, s *fragmentSender) error { return m.check(s, n) },
					fmt.Sprint("sends candidate ", n)})
			}
		case queues:
			events = append(events, event{i, func(_ *fragmentModel, s *fragmentSender) error { s.next = fails; return nil }, "withdraws"})
			if s.sends > 0 || !m.open {
				events = append(events, event{i, (*fragmentModel).queue, "queues"})
			}
		default:
			events = append(events, event{i, (*fragmentModel).done, "is done"})
		}
	}
	return events
}

func (m *fragmentModel) check(s *fragmentSender, n int) error {
	if c, err := m.fragments.check(&candidates[n]); err == nil {
		*s = fragmentSender{next: queues, sends: n, checked: c}
	}
	return nil
}

// queue queues the fragment, and fails if a peer would not accept it.
func (m *fragmentModel) queue(s *fragmentSender) error {
	s.next = succeeds
	f := &candidates[s.sends]
	m.open = !f.Fin
	if f.Opcode != frame.Continuation {
		m.text = frame.UTF8{}
	}
	if _, err := m.sent.Next(f.Opcode, f.Fin); err != nil {
		return err
	}
	if !m.text.Write(f.Data) || f.Fin && !m.text.Whole() {
		return frame.ErrInvalidUTF8
	}
	return nil
}

func (m *fragmentModel) done(s *fragmentSender) error {
	m.fragments.done(s.checked, s.next == succeeds)
	*s = fragmentSender{}
	return nil
}

// replay returns a model after a sequence of events, each given by its number among
// the events that were possible.
func replay(t *testing.T, path []int) *fragmentModel {
	m := new(fragmentModel)
	for _, n := range path {
		e := m.events()[n]
		m.log = append(m.log, fmt.Sprintf("%d %s", e.sender, e.name))
		if err := e.do(m, &m.senders[e.sender]); err != nil {
			t.Fatalf("%v after %q", err, m.log)
		}
	}
	return m
}

// Three senders send any fragments, in any order. The test visits every state that
// they can reach.
func TestFragmentsModel(t *testing.T) {
	seen := map[any]bool{}
	for paths := [][]int{nil}; len(paths) > 0; paths = paths[1:] {
		m := replay(t, paths[0])
		if k := m.key(); !seen[k] {
			seen[k] = true
			for n := range m.events() {
				paths = append(paths, append(slices.Clip(paths[0]), n))
			}
		}
	}
	t.Log(len(seen), "states")
}

// A message is continued by one fragment at a time.
func TestFragmentsOneAtATime(t *testing.T) {
	var m fragments
	send := func(f outbox.Frame) checkedFragment {
		t.Helper()
		c, err := m.check(&f)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	m.done(send(candidates[0]), true)
	waits := send(candidates[1])
	if _, err := m.check(&candidates[2]); err != errConcurrentFragment {
		t.Fatalf("a second fragment meanwhile: %v", err)
	}
	m.done(waits, false)
	m.done(send(candidates[1]), true)
	last, first := send(candidates[2]), send(candidates[0])
	m.done(first, true) // its goroutine was faster
	m.done(last, true)
	m.done(send(candidates[1]), true)
}
