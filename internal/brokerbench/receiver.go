package brokerbench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// confirmations is the descriptor that the receiving process writes the number of the
// publisher of each message to.
const confirmations = 3

// A summary is what one path has delivered.
type summary struct {
	Count    int
	P50, P99 time.Duration
	Error    string // why it is wrong, or empty
}

// receive runs the receiving process: it writes a line when it is ready, and then, for the
// index of each path that it reads, what that has delivered since the last time. It returns when
// its input ends.
func receive(paths []Path, address string) error {
	clock, err := newClock()
	if err != nil {
		return err
	}
	arrived := make(chan byte, 1<<10)
	go confirm(os.NewFile(confirmations, "confirmations"), arrived)
	recorders := make([]*recorder, len(paths))
	for i, path := range paths {
		recorders[i] = &recorder{clock: clock, arrived: arrived}
		if err := path.Receive(address, name(i), recorders[i].receive); err != nil {
			return fmt.Errorf("%s: %w", path.Title, err)
		}
	}
	requests, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	if err := answers.Encode("ready"); err != nil {
		return err
	}
	for {
		var index int
		if err := requests.Decode(&index); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := answers.Encode(recorders[index].summary()); err != nil {
			return err
		}
	}
}

// confirm writes what arrives by a channel, as much as there is at once.
func confirm(file io.Writer, arrived <-chan byte) {
	for publisher := range arrived {
		batch := []byte{publisher}
		for range len(arrived) {
			batch = append(batch, <-arrived)
		}
		if _, err := file.Write(batch); err != nil {
			return // the publishing process has ended
		}
	}
}

// A recorder records the messages of one path.
type recorder struct {
	clock   clock
	arrived chan<- byte

	mu        sync.Mutex
	next      [256]uint32 // the number of each publisher's next message
	latencies []time.Duration
	err       string
}

// receive is called for each message.
func (r *recorder) receive(data []byte) {
	now := r.clock.now()
	h, ok := parse(data)
	r.record(h, now, ok)
	r.arrived <- h.publisher
}

func (r *recorder) record(h header, now time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !ok:
		r.err = "a message is too short"
	case h.number != r.next[h.publisher]:
		r.err = fmt.Sprintf("message %d of publisher %d has arrived instead of %d", h.number, h.publisher, r.next[h.publisher])
	}
	r.next[h.publisher] = h.number + 1
	if h.counts {
		r.latencies = append(r.latencies, now-h.at)
	}
}

// summary sums up and begins anew.
func (r *recorder) summary() summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := summary{Count: len(r.latencies), Error: r.err}
	slices.Sort(r.latencies)
	if s.Count > 0 {
		s.P50, s.P99 = r.latencies[(s.Count-1)/2], r.latencies[(s.Count-1)*99/100]
	}
	r.next, r.latencies, r.err = [256]uint32{}, r.latencies[:0], ""
	return s
}
