package load

import (
	"fmt"
	"sync"
	"time"
)

// Group has members of one group, the first of which publishes. A message counts
// once for every member, the publisher included; the next one is published when
// the last member has it. Only whole messages are measured: from when all members
// had one to when all had another.
type Group struct {
	Members int
	Dead    int // further ones that never read, of RunDead, their queues full from the start
	Tape    TapeSpec
}

const groupPath = "/group"

// fillingGroup is what the queues of dead members are filled with.
var fillingGroup = TapeSpec{Opcode: Text, Size: 16 << 10, Count: 4, JSON: true}

// Run drives the target's /group.
func (g Group) Run(target Target, span Span) (Result, error) {
	members, err := openMembers(target, g.Tape, g.Members)
	if err != nil {
		return Result{}, err
	}
	defer members.close()
	if err := members.settle(); err != nil {
		return Result{}, err
	}
	return members.publishFor(span)
}

// RunDead is Run with the dead members and, once they have gone, without them: in one
// process, because the difference is smaller than that of two.
func (g Group) RunDead(target Target, span Span) (with, without Result, err error) {
	dead, err := g.joinDead(target)
	abortDead := sync.OnceFunc(func() { abortAll(dead) })
	defer abortDead()
	if err != nil {
		return with, without, err
	}
	members, err := openMembers(target, g.Tape, g.Members)
	if err != nil {
		return with, without, err
	}
	defer members.close()
	if err := members.settle(); err != nil {
		return with, without, err
	}
	if with, err = members.publishFor(span); err != nil {
		return with, without, err
	}
	abortDead()
	time.Sleep(joinTime)
	span.Began = nil
	without, err = members.publishFor(span)
	return with, without, err
}

// quickAcks is how many of the first segments that a connection receives Linux
// acknowledges at once (TCP_MAX_QUICKACKS). On one machine that is work for the
// sender's core, a fifth of what a small message costs, and less later. So how much
// there is of it would depend on how fast the server is.
const quickAcks = 16

// settle publishes what is acknowledged in this way.
func (c *crowd) settle() error {
	for range quickAcks {
		if err := c.publish(); err != nil {
			return err
		}
	}
	return nil
}

// publishFor publishes one message after the other.
func (c *crowd) publishFor(span Span) (Result, error) {
	c.spin(span)
	count := 0
	for watch := c.watch(span); ; {
		if err := c.publish(); err != nil {
			return Result{}, err
		}
		count += len(c.conns)
		if result, over, err := watch.tick(count); over || err != nil {
			return result, err
		}
	}
}

// joinDead opens members that will never read, and publishes until nothing more
// fits into their queues. A server that waits for them never gets there.
func (g Group) joinDead(target Target) (dead []int, err error) {
	for range g.Dead {
		fd, _, err := dial(target, groupPath, dialOptions{receiveBuffer: deadBuffer, protocol: target.Protocol})
		if err != nil {
			return dead, err
		}
		dead = append(dead, fd)
	}
	witness, err := openMembers(target, fillingGroup, 1)
	if err != nil {
		return dead, err
	}
	defer witness.close()
	for range fillingBytes / fillingGroup.Size {
		if err := witness.publish(); err != nil {
			return dead, fmt.Errorf("members that never read hold up the others: %w", err)
		}
	}
	return dead, nil
}

// openMembers opens n members, and waits until they have joined.
func openMembers(target Target, spec TapeSpec, n int) (*crowd, error) {
	tape := NewTape(spec)
	if target.Protocol == Centrifuge {
		tape = tape.centrifuge()
	}
	members, err := openCrowd(target, groupPath, tape, n, 0)
	if err == nil {
		time.Sleep(joinTime)
	}
	return members, err
}

// publish has the first of the crowd publish a message, and waits until all of
// them have it.
func (c *crowd) publish() error {
	if err := c.conns[0].send(1); err != nil {
		return err
	}
	count := 0
	arrived := func(_, messages int) error {
		count += messages
		return nil
	}
	for watch := startStopwatch(Span{Warmup: time.Hour}); count < len(c.conns); {
		if err := c.next(arrived); err != nil {
			return err
		}
		if _, _, err := watch.tick(count); err != nil {
			return fmt.Errorf("after %d of %d members: %w", count, len(c.conns), err)
		}
	}
	return nil
}
