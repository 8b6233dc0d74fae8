package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
	"github.com/handset-go/handset/wstest"
)

// A site is a server whose jobs do a tenth of their work a second, in a bubble.
type site struct {
	*testing.T
	jobs   *jobs
	server *wstest.Server
}

// inBubble runs a test in a bubble of testing/synctest.
func inBubble(t *testing.T, test func(*site)) {
	synctest.Test(t, func(t *testing.T) {
		jobs := newJobs(tenSeconds)
		test(&site{t, jobs, wstest.NewServer(t, new(ws.Upgrader).Handler(jobs.serve))})
		jobs.close()
		time.Sleep(abandonedAfter) // the last timers fire
	})
}

func tenSeconds(ctx context.Context, below uint64, progress func(done, primes uint64)) error {
	for i := range uint64(10) {
		select {
		case <-time.After(time.Second):
			progress(below*(i+1)/10, i)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func untilCancelled(ctx context.Context, _ uint64, _ func(done, primes uint64)) error {
	<-ctx.Done()
	return ctx.Err()
}

// client is a follower of a job.
type client struct {
	*site
	session *ws.Session
	stream  *ws.AggregatedStream
}

// dial connects a client and sends a request.
func (s *site) dial(request string) *client {
	s.Helper()
	session, stream, err := s.server.Dial(s.Context(), "/", nil)
	if err != nil {
		s.Fatal(err)
	}
	c := &client{s, session, stream.Aggregate(0)}
	c.send(request)
	return c
}

func (c *client) send(request string) {
	c.Helper()
	if request == "" {
		return
	}
	if err := c.session.Text(c.Context(), request); err != nil {
		c.Fatal(err)
	}
}

// until receives until there is a status as wanted, and returns that.
func (c *client) until(wanted func(status) bool) status {
	c.Helper()
	for {
		status, err := wsjson.Recv[status](c.Context(), c.stream)
		if err != nil {
			c.Fatal(err)
		}
		if wanted(status) {
			return status
		}
	}
}

// expectClose receives until the Close message, which must have the code.
func (c *client) expectClose(code ws.CloseCode, description string) {
	c.Helper()
	for msg, err := range c.stream.All(c.Context()) {
		if err != nil {
			c.Fatal(err)
		}
		if msg.Kind == ws.Close && (msg.Reason.Code != code || !strings.Contains(msg.Reason.Description, description)) {
			c.Errorf("closed with %v %q, want %v %q", msg.Reason.Code, msg.Reason.Description, code, description)
		}
	}
	if _, err := c.stream.Recv(c.Context()); err != io.EOF {
		c.Errorf("the stream ended with %v", err)
	}
}

func anything(status) bool                   { return true }
func isRunning(s status) bool                { return s.State == running && s.Done > 0 }
func inState(state string) func(status) bool { return func(s status) bool { return s.State == state } }

func TestJobRunsToItsEnd(t *testing.T) {
	inBubble(t, func(s *site) {
		c := s.dial(`{"start":1000}`)
		first := c.until(anything)
		if first.Job == "" || first.Below != 1000 || first.Followers != 1 {
			t.Errorf("first status %+v", first)
		}
		last := c.until(status.ended)
		if want := (status{first.Job, finished, 1000, 1000, 9, 10_000, 1}); last != want {
			t.Errorf("last status %+v, want %+v", last, want)
		}
		c.expectClose(ws.CloseNormal, finished)
	})
}

func TestJobHasTwoFollowers(t *testing.T) {
	inBubble(t, func(s *site) {
		a := s.dial(`{"start":1000}`)
		job := a.until(isRunning).Job
		b := s.dial(`{"follow":"` + job + `"}`)
		if got := b.until(isRunning); got.Job != job || got.Followers != 2 {
			t.Errorf("the second follower received %+v", got)
		}
		time.Sleep(statusInterval / 2)
		b.send(`{"cancel":true}`)
		began := time.Now()
		for _, c := range []*client{a, b} {
			last := c.until(status.ended)
			if took := time.Since(began); last.State != cancelled || last.Done >= 1000 || took > 0 {
				t.Errorf("%v after the cancellation: %+v", took, last)
			}
			c.expectClose(ws.CloseNormal, cancelled)
		}
	})
}

func TestJobOutlivesConnection(t *testing.T) {
	inBubble(t, func(s *site) {
		a := s.dial(`{"start":1000}`)
		before := a.until(isRunning)
		a.session.Close(ws.CloseReason{})
		time.Sleep(3 * time.Second)
		b := s.dial(`{"follow":"` + before.Job + `"}`)
		after := b.until(anything)
		if after.Done <= before.Done || after.Followers != 1 {
			t.Errorf("%+v, and after 3 s %+v", before, after)
		}
		if last := b.until(status.ended); last.State != finished {
			t.Errorf("last status %+v", last)
		}
	})
}

func TestJobIsAbandoned(t *testing.T) {
	for _, test := range []struct {
		name     string
		away     time.Duration
		followed bool // once, in the middle of that time
		known    bool
	}{
		{"not before the time is over", abandonedAfter - time.Second, false, true},
		{"after that time", abandonedAfter + time.Second, false, false},
		{"after that time since the last follower", abandonedAfter + time.Second, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(s *site) {
				s.jobs.run = untilCancelled
				a := s.dial(`{"start":1000}`)
				job := a.until(inState(running)).Job
				a.session.Close(ws.CloseReason{})
				time.Sleep(test.away / 2)
				if test.followed {
					b := s.dial(`{"follow":"` + job + `"}`)
					b.until(anything)
					b.session.Close(ws.CloseReason{})
				}
				time.Sleep(test.away / 2)
				c := s.dial(`{"follow":"` + job + `"}`)
				if !test.known {
					c.expectClose(closeNoSuchJob, "")
					synctest.Wait()
					if len(s.jobs.slots) > 0 {
						t.Error("the job still runs")
					}
				} else if got := c.until(anything); got.State != running {
					t.Errorf("the job is %s", got.State)
				}
			})
		})
	}
}

// One follower is enough, also if another has left before it came.
func TestJobIsNotAbandoned(t *testing.T) {
	inBubble(t, func(s *site) {
		s.jobs.run = untilCancelled
		a := s.dial(`{"start":1000}`)
		job := a.until(inState(running)).Job
		a.session.Close(ws.CloseReason{})
		time.Sleep(abandonedAfter / 2)
		b := s.dial(`{"follow":"` + job + `"}`)
		for began := time.Now(); time.Since(began) < 2*abandonedAfter; {
			if got := b.until(anything); got.State != running {
				t.Fatalf("the job is %s", got.State)
			}
		}
	})
}

func TestJobsWaitForProcessors(t *testing.T) {
	inBubble(t, func(s *site) {
		s.jobs.slots = make(chan struct{}, 1)
		a := s.dial(`{"start":1}`)
		a.until(inState(running))
		b := s.dial(`{"start":2}`)
		b.until(inState(waiting))
		c := s.dial(`{"start":3}`)
		c.until(inState(waiting))
		c.send(`{"cancel":true}`)
		c.until(inState(cancelled))
		a.send(`{"cancel":true}`)
		b.until(inState(running))
	})
}

func TestRequestsRefused(t *testing.T) {
	for _, test := range []struct {
		name, request string
		code          ws.CloseCode
		description   string
	}{
		{"no JSON", `start`, closeBadRequest, "no request"},
		{"nothing to do", `{}`, closeBadRequest, "from 1 to"},
		{"too large a number", `{"start":100000000001}`, closeBadRequest, "from 1 to"},
		{"a negative number", `{"start":-1}`, closeBadRequest, "no request"},
		{"too large a request", `{"follow":"` + strings.Repeat("x", maxRequest) + `"}`, closeBadRequest, "no request"},
		{"an unknown job", `{"follow":"x"}`, closeNoSuchJob, "no such job"},
		{"a cancellation of no job", `{"cancel":true}`, closeBadRequest, "from 1 to"},
		{"silence", ``, closeBadRequest, "no request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(s *site) {
				s.dial(test.request).expectClose(test.code, test.description)
				if len(s.jobs.byID) > 0 {
					t.Error("there is a job")
				}
			})
		})
	}
}

func TestSecondRequestRefused(t *testing.T) {
	inBubble(t, func(s *site) {
		c := s.dial(`{"start":1000}`)
		c.until(isRunning)
		c.send(`nonsense`)
		c.expectClose(closeBadRequest, "decode")
	})
}

func TestTooManyJobs(t *testing.T) {
	inBubble(t, func(s *site) {
		for i := range maxJobs {
			s.jobs.byID[string(rune(i))] = &job{cancel: func() {}}
		}
		s.dial(`{"start":1000}`).expectClose(ws.CloseTryAgainLater, "too many jobs")
	})
}

func TestCloseEndsJobs(t *testing.T) {
	inBubble(t, func(s *site) {
		c := s.dial(`{"start":1000}`)
		c.until(isRunning)
		s.jobs.close()
		c.until(inState(cancelled))
	})
}
