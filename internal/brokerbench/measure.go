package brokerbench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// A result is what one measurement has shown.
type result struct{ rate, p50, p99 float64 } // messages a second, and µs

// A measurer measures paths, one at a time.
type measurer struct {
	clock    clock
	receiver *receiver
	config

	arrived [256]chan struct{} // has an element when a publisher's message has arrived
	ended   chan struct{}      // closed when no more messages arrive
}

func newMeasurer(receiver *receiver, config config) (*measurer, error) {
	clock, err := newClock()
	if err != nil {
		return nil, err
	}
	m := &measurer{clock: clock, receiver: receiver, config: config, ended: make(chan struct{})}
	for i := range m.arrived {
		m.arrived[i] = make(chan struct{}, 1)
	}
	go m.readConfirmations()
	return m, nil
}

// readConfirmations reads until the receiving process ends.
func (m *measurer) readConfirmations() {
	defer close(m.ended)
	buffer := make([]byte, 1<<10)
	for {
		n, err := m.receiver.confirmations.Read(buffer)
		for _, publisher := range buffer[:n] {
			select {
			case m.arrived[publisher] <- struct{}{}:
			default: // a message that has arrived twice, which the receiver notices
			}
		}
		if err != nil {
			return
		}
	}
}

// measure measures a path: each publisher publishes its next message when the last one has
// arrived and publish has returned.
func (m *measurer) measure(index int, publish Publisher, publishers int) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), m.duration+m.patience)
	defer cancel()
	begin := m.clock.now()
	from, to := begin+m.duration/5, begin+m.duration/5+m.duration
	var mu sync.Mutex
	total := 0
	running, ctx := errgroup.WithContext(ctx)
	for id := range publishers {
		running.Go(func() error {
			n, err := m.publish(ctx, publish, byte(id), from, to)
			mu.Lock()
			total += n
			mu.Unlock()
			return err
		})
	}
	err := running.Wait()
	took := m.clock.now() - from
	s, summaryErr := m.receiver.summary(index)
	if s.Error != "" {
		err = errors.New(s.Error) // it tells more
	}
	if err == nil && s.Count != total {
		err = fmt.Errorf("%d messages have arrived of %d", s.Count, total)
	}
	if err = cmp.Or(err, summaryErr); err != nil {
		return result{}, err
	}
	return result{float64(total) / took.Seconds(), micros(s.P50), micros(s.P99)}, nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// publish publishes one message after another, of which at least one counts. It returns how many
// count.
func (m *measurer) publish(ctx context.Context, publish Publisher, id byte, from, to time.Duration) (count int, err error) {
	for number := uint32(0); ; number++ {
		h := header{number: number, publisher: id, at: m.clock.now()}
		if h.at >= to && count > 0 {
			return count, nil
		}
		if h.counts = h.at >= from; h.counts {
			count++
		}
		if err := publish(ctx, h.message(m.size)); err != nil {
			return count, err
		}
		select {
		case <-m.arrived[id]:
		case <-m.ended:
			return count, errors.New("the receiving process has ended")
		case <-ctx.Done():
			return count, fmt.Errorf("message %d of publisher %d has not arrived: %w", number, id, ctx.Err())
		}
	}
}
