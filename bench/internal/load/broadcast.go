package load

import (
	"fmt"
	"time"
)

// Broadcast has one sender and many receivers of everything it sends. A message
// counts once for every receiver; the sender keeps InFlight of them under way,
// one of which has ended when the last receiver has it.
type Broadcast struct {
	Receivers int
	Dead      int // further ones that never read, their queues full from the start
	InFlight  int
	Tape      TapeSpec
}

// Filling the queues of the dead takes more than sockets hold (tcp_wmem and
// tcp_rmem end at a few MiB), in messages that a library may drop one by one.
var filling = TapeSpec{Opcode: Binary, Size: 16 << 10, Count: 4}

const (
	fillingBytes = 8 << 20
	deadBuffer   = 4 << 10 // SO_RCVBUF of a receiver that never reads
)

// Run drives the target's /join and /talk.
func (b Broadcast) Run(target Target, span Span) (Result, error) {
	dead, err := joinDead(target, b.Dead)
	defer abortAll(dead)
	if err != nil {
		return Result{}, err
	}
	spec := b.Tape
	spec.Count = max(spec.Count, b.InFlight)
	tape := NewTape(spec)
	room, err := dialRoom(target, tape, b.Receivers)
	if err != nil {
		return Result{}, err
	}
	defer room.close()
	room.spin(span)
	sender, err := dialConn(target, "/talk", tape, 0)
	if err != nil {
		return Result{}, err
	}
	defer sender.close()
	return b.play(room, sender, span)
}

func (b Broadcast) play(room *crowd, sender *conn, span Span) (Result, error) {
	var (
		received = make([]int, b.Receivers) // messages each receiver has had
		waiting  = make([]int, b.InFlight)  // receivers still without message number i, at i % InFlight
		ended    = 0                        // messages that everyone has had
		count    = 0
	)
	for i := range waiting {
		waiting[i] = b.Receivers
	}
	arrived := func(i, messages int) error {
		count += messages
		for range messages {
			waiting[received[i]%b.InFlight]--
			received[i]++
		}
		for waiting[ended%b.InFlight] == 0 {
			waiting[ended%b.InFlight] = b.Receivers
			ended++
			if err := sender.send(1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := sender.send(b.InFlight); err != nil {
		return Result{}, err
	}
	watch := room.watch(span)
	for {
		if err := room.next(arrived); err != nil {
			return Result{}, err
		}
		if result, over, err := watch.tick(count); over || err != nil {
			return result, err
		}
	}
}

// dialRoom opens n receivers, and waits until they have joined: a handshake
// may be answered before the server has let the receiver in. All receive the same,
// so they start at the same place of the tape.
func dialRoom(target Target, tape *Tape, n int) (*crowd, error) {
	room, err := openCrowd(target, "/join", tape, n, 0)
	if err == nil {
		time.Sleep(joinTime)
	}
	return room, err
}

// joinTime is time enough for a server to let in whom it has answered.
const joinTime = 50 * time.Millisecond

// joinDead opens receivers that will never read, and talks until nothing more
// fits into their queues. A witness that does read shows when that is done: a
// server that waits for the dead never gets there.
func joinDead(target Target, n int) (dead []int, err error) {
	if n == 0 {
		return nil, nil
	}
	for range n {
		fd, _, err := dial(target, "/join", dialOptions{receiveBuffer: deadBuffer})
		if err != nil {
			return dead, err
		}
		dead = append(dead, fd)
	}
	return dead, fill(target)
}

// fill talks until fillingBytes have gone to each receiver.
func fill(target Target) error {
	tape := NewTape(filling)
	room, err := dialRoom(target, tape, 1)
	if err != nil {
		return err
	}
	defer room.close()
	sender, err := dialConn(target, "/talk", tape, 0)
	if err != nil {
		return err
	}
	defer sender.close()
	total, wanted := 0, fillingBytes/filling.Size
	arrived := func(_, messages int) error {
		if total += messages; total == wanted {
			return nil // and none under way that later receivers would get
		}
		return sender.send(messages)
	}
	if err := sender.send(1); err != nil {
		return err
	}
	watch := startStopwatch(Span{Warmup: time.Hour})
	for total < wanted {
		if err := room.next(arrived); err != nil {
			return err
		}
		if _, _, err := watch.tick(total); err != nil {
			return fmt.Errorf("receivers that never read hold up the others: %w", err)
		}
	}
	return nil
}

func abortAll(fds []int) {
	for _, fd := range fds {
		abort(fd)
	}
}
