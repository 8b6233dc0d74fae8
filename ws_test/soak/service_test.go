package soak

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/ws"
)

// serviceOptions are the options of an Upgrader.
type serviceOptions struct {
	name        string
	compression ws.Compression
	options     ws.Options
	maxSessions int
	window      time.Duration
	keepValues  bool
}

// shortTime is a time that peers which do not answer are given. Other peers are given
// more than a busy machine needs.
const shortTime = 500 * time.Millisecond

var longHeartbeat = ws.Heartbeat{Interval: time.Second, Timeout: patience}

// writeTimeout is not longer because the library may reference a session for a quarter of
// it, and only then finds that it is abandoned.
const writeTimeout = 40 * time.Second

var longTimes = ws.Options{Heartbeat: longHeartbeat, WriteTimeout: writeTimeout, CloseTimeout: patience}

// with returns longTimes, changed by f.
func with(f func(*ws.Options)) ws.Options {
	o := longTimes
	f(&o)
	return o
}

// services are the Upgraders of the server. Those from firstSpecial on have only the
// sessions of behaviours that ask for them, and are not shut down.
var services = []serviceOptions{
	{name: "plain", options: longTimes},
	{name: "values of the request", options: with(func(o *ws.Options) { o.SessionStats = true }), keepValues: true},
	{name: "frugal", options: longTimes, compression: ws.Frugal(), window: 2 * time.Second},
	{name: "balanced", options: with(func(o *ws.Options) { o.ManualPong = true }), compression: ws.Balanced(), keepValues: true},
	{name: "dense, few sessions", options: longTimes, compression: ws.Dense(), maxSessions: 200},
	{name: "small windows", options: longTimes, compression: ws.Compression{Level: 6, MinSize: 1, SendTakeover: true, RecvTakeover: true, SendWindowBits: 10, RecvWindowBits: 9}},
	{name: "small queue", options: with(func(o *ws.Options) { o.SendBuffer = 4 << 10 })},
	// The checks of the heartbeat reference all sessions for a moment. If a garbage
	// collection always meets one, it does not find those that are abandoned.
	{name: "no heartbeat", options: with(func(o *ws.Options) { o.Heartbeat.Interval = -1 })},
	{name: "short times", options: ws.Options{
		Heartbeat:    ws.Heartbeat{Interval: shortTime, Timeout: shortTime},
		WriteTimeout: 2 * shortTime, CloseTimeout: 2 * shortTime, MessageTimeout: 2 * shortTime,
	}},
}

var firstSpecial = slices.IndexFunc(services, func(s serviceOptions) bool { return s.name == "no heartbeat" })

// A service has an Upgrader, and another one after that has been shut down.
type service struct {
	options  *serviceOptions
	tally    *tally
	restarts sync.Mutex // held while the Upgrader is shut down
	mu       sync.Mutex
	current  *upgrader
	ended    ws.Stats // of the Upgraders that were shut down
}

type upgrader struct {
	*ws.Upgrader
	handler http.Handler
	down    atomic.Bool // it has been shut down
}

func newService(o *serviceOptions, t *tally) *service {
	s := &service{options: o, tally: t, ended: newStats()}
	s.current = s.newUpgrader()
	return s
}

func (s *service) newUpgrader() *upgrader {
	o := s.options
	u := &upgrader{Upgrader: &ws.Upgrader{
		Options: o.options, Compression: o.compression, MaxSessions: o.maxSessions,
		ShutdownWindow: o.window, KeepRequestValues: o.keepValues,
	}}
	u.Trace = s.tally.trace()
	u.handler = u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		h := session.Context().Value(halfKey{}).(*half)
		h.session, h.stream = session, stream
		h.server.running.Add(1)
		defer h.server.running.Add(-1)
		h.server.behave(h)
	})
	return u
}

// upgrader returns the Upgrader that new sessions belong to.
func (s *service) upgrader() *upgrader {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// restart shuts the Upgrader down, before or after it is replaced, and checks that
// nothing of it is left. How is 0 for the closing handshake, 1 for one that ends too
// early, 2 for none, and anything else for replacing the Upgrader first.
func (s *service) restart(how int, limit time.Duration) error {
	s.restarts.Lock()
	defer s.restarts.Unlock()
	old, next := s.upgrader(), s.newUpgrader()
	if how > 2 {
		s.replace(next)
	}
	old.down.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	switch how {
	case 1:
		ctx, cancel = context.WithTimeout(ctx, limit/100)
		defer cancel()
	case 2:
		_ = old.Close()
	}
	err := old.Shutdown(ctx)
	if how == 1 && errors.Is(err, context.DeadlineExceeded) {
		err = old.Shutdown(context.Background()) // waits for the rest
	}
	if how <= 2 {
		s.replace(next)
	}
	stats := old.Stats()
	s.mu.Lock()
	addStats(&s.ended, stats)
	s.mu.Unlock()
	ended := uint64(0)
	for _, n := range stats.Ends {
		ended += n
	}
	for range old.Sessions() {
		err = errors.Join(err, errors.New("a session is left"))
	}
	if err != nil || stats.Sessions != 0 || stats.Queued != 0 || ended != stats.Total {
		return fmt.Errorf("after the shutdown of %q (%d): %v; %+v; goroutines of Handler:\n%s", s.options.name, how, err, stats, stacks("sessionHandler"))
	}
	return nil
}

func (s *service) replace(u *upgrader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = u
}

// A tally counts by a Trace what Stats counts.
type tally struct {
	begun, refused         atomic.Uint64
	mu                     sync.Mutex
	ends                   map[ws.EndReason]uint64
	closeSent, closeArrive map[ws.CloseCode]uint64
}

func (t *tally) trace() *ws.Trace {
	return &ws.Trace{
		SessionStart:     func(*ws.Session) { t.begun.Add(1) },
		HandshakeRefused: func(*http.Request, *ws.HandshakeError) { t.refused.Add(1) },
		SessionEnd:       func(_ *ws.Session, err error) { count(t, &t.ends, endReason(err)) },
		CloseSent:        func(_ *ws.Session, r ws.CloseReason) { count(t, &t.closeSent, r.Code) },
		CloseReceived:    func(_ *ws.Session, r ws.CloseReason) { count(t, &t.closeArrive, r.Code) },
	}
}

func count[K comparable](t *tally, counts *map[K]uint64, key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *counts == nil {
		*counts = map[K]uint64{}
	}
	(*counts)[key]++
}

// compare compares the tally with the Stats at the end.
func (t *tally) compare(s ws.Stats) (problems []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	begun, ended := t.begun.Load(), uint64(0)
	for _, n := range t.ends {
		ended += n
	}
	if s.Sessions != 0 || s.Total != begun || begun != ended {
		problems = append(problems, fmt.Sprintf("sessions: Stats say %d begun and %d open, Trace %d begun and %d ended", s.Total, s.Sessions, begun, ended))
	}
	if !maps.Equal(s.Ends, t.ends) {
		problems = append(problems, fmt.Sprintf("ends: Stats say %v, Trace %v", s.Ends, t.ends))
	}
	if !maps.Equal(s.ClosesSent, t.closeSent) {
		problems = append(problems, fmt.Sprintf("Close frames sent: Stats say %v, Trace %v", s.ClosesSent, t.closeSent))
	}
	for code, n := range t.closeArrive { // one may be found in what has arrived before the end, after the statistics were read
		if n < s.ClosesReceived[code] {
			problems = append(problems, fmt.Sprintf("Close frames received: Stats say %v, Trace %v", s.ClosesReceived, t.closeArrive))
		}
	}
	return problems
}

func addTraffic(a, b ws.Traffic) ws.Traffic {
	return ws.Traffic{Messages: a.Messages + b.Messages, Frames: a.Frames + b.Frames, Payload: a.Payload + b.Payload, Wire: a.Wire + b.Wire}
}

func addCounts[K comparable](to map[K]uint64, from iter.Seq2[K, uint64]) {
	for key, n := range from {
		to[key] += n
	}
}
