package main

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime"
	"sync"
	"time"
)

const (
	// abandonedAfter is how long a job goes on when nobody follows it any more. It
	// is long enough for a page that reloads, or has lost its connection.
	abandonedAfter = 15 * time.Second

	maxJobs = 1000
)

var errTooManyJobs = errors.New("too many jobs; try again later")

// jobs are the jobs that somebody follows, or has followed a short time ago.
type jobs struct {
	run     func(ctx context.Context, below uint64, progress func(done, primes uint64)) error
	slots   chan struct{} // one element for each running job
	running sync.WaitGroup

	mu   sync.Mutex
	byID map[string]*job
}

func newJobs(run func(context.Context, uint64, func(done, primes uint64)) error) *jobs {
	return &jobs{run: run, slots: make(chan struct{}, runtime.GOMAXPROCS(0)), byID: map[string]*job{}}
}

// A job is one counting of primes.
type job struct {
	id     string
	below  uint64
	cancel context.CancelFunc
	ended  chan struct{} // closed when the job has ended

	mu      sync.Mutex
	current status
	started time.Time

	// Guarded by jobs.mu:
	followers int
	left      time.Time // when the last follower has left
}

// A status is what followers receive.
type status struct {
	Job       string `json:"job"` // its ID
	State     string `json:"state"`
	Below     uint64 `json:"below"`
	Done      uint64 `json:"done"` // all numbers below are counted
	Primes    uint64 `json:"primes"`
	Millis    int64  `json:"millis"` // since the start
	Followers int    `json:"followers"`
}

// States of a job.
const (
	waiting   = "waiting" // for another job to end
	running   = "running"
	finished  = "finished"
	cancelled = "cancelled"
)

func (s status) ended() bool { return s.State == finished || s.State == cancelled }

// start begins a job, which the caller follows.
func (js *jobs) start(below uint64) (*job, error) {
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{id: rand.Text(), below: below, cancel: cancel, ended: make(chan struct{}), followers: 1}
	j.current = status{Job: j.id, State: waiting, Below: below, Followers: 1}

	js.mu.Lock()
	defer js.mu.Unlock()
	if len(js.byID) >= maxJobs {
		cancel()
		return nil, errTooManyJobs
	}
	js.byID[j.id] = j
	js.running.Go(func() {
		defer close(j.ended)
		defer cancel()
		js.work(ctx, j)
	})
	return j, nil
}

// work waits until there are fewer running jobs than processors, and runs the job.
func (js *jobs) work(ctx context.Context, j *job) {
	select {
	case js.slots <- struct{}{}:
		defer func() { <-js.slots }()
	case <-ctx.Done():
		j.update(func(s *status) { s.State = cancelled })
		return
	}
	j.update(func(s *status) { s.State, j.started = running, time.Now() })
	err := js.run(ctx, j.below, func(done, primes uint64) {
		j.update(func(s *status) { s.Done, s.Primes = done, primes })
	})
	j.update(func(s *status) {
		s.State, s.Millis = finished, time.Since(j.started).Milliseconds()
		if err != nil {
			s.State = cancelled
		}
	})
}

func (j *job) update(change func(*status)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.current)
}

// status returns what the job has done so far.
func (j *job) status() status {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.current.State == running {
		j.current.Millis = time.Since(j.started).Milliseconds()
	}
	return j.current
}

// follow returns the job with an ID, or nil if there is none. Each call needs one
// of leave.
func (js *jobs) follow(id string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.byID[id]
	if j != nil {
		j.addFollowersLocked(1)
	}
	return j
}

// leave is called when a follower has gone. If it was the last one, the job ends
// after a while.
func (js *jobs) leave(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j.addFollowersLocked(-1)
	if j.followers == 0 {
		j.left = time.Now()
		time.AfterFunc(abandonedAfter, func() { js.abandon(j) })
	}
}

// addFollowersLocked must be called with jobs.mu held.
func (j *job) addFollowersLocked(n int) {
	j.followers += n
	j.update(func(s *status) { s.Followers = j.followers })
}

// abandon cancels and forgets a job, unless it is followed again.
func (js *jobs) abandon(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if j.followers == 0 && time.Since(j.left) >= abandonedAfter {
		j.cancel()
		delete(js.byID, j.id)
	}
}

// close cancels all jobs and waits until they have ended.
func (js *jobs) close() {
	js.mu.Lock()
	for _, j := range js.byID {
		j.cancel()
	}
	js.mu.Unlock()
	js.running.Wait()
}
