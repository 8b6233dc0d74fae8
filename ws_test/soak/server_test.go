package soak

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/ws"
)

// A server is what a process of its own runs: one HTTP server for each network, and some
// Upgraders, which are shut down and replaced now and then.
type server struct {
	services []*service
	groups   *groups
	pace     *pace
	tally    *tally
	emit     func(event)
	stop     context.Context
	http     map[string]*httptest.Server
	running  atomic.Int64 // functions of behaviours and reports
}

// connKey is the key of a request's context whose value is its *conn, and halfKey that of
// a session's context whose value is its *half.
type (
	connKey struct{}
	halfKey struct{}
)

// newServer starts the HTTP servers. The path of a Unix socket is in dir.
func newServer(dir string, emit func(event)) (*server, error) {
	s := &server{groups: newGroups(), pace: newPace(), tally: &tally{}, emit: emit, stop: context.Background(), http: map[string]*httptest.Server{}}
	for i := range services {
		s.services = append(s.services, newService(&services[i], s.tally))
	}
	for _, network := range []string{"tcp", "tls", "unix"} {
		over, address := "tcp", "127.0.0.1:0"
		if network == "unix" {
			over, address = "unix", dir+"/soak"
		}
		l, err := net.Listen(over, address)
		if err != nil {
			return nil, err
		}
		h := &httptest.Server{Listener: l, Config: &http.Server{
			Handler: s, ErrorLog: errorLog(func(text string) { emit(event{Problem: text}) }),
			ConnContext: func(ctx context.Context, c net.Conn) context.Context {
				return context.WithValue(ctx, connKey{}, newConn(c))
			},
		}}
		h.Config.SetKeepAlivesEnabled(false) // for the requests that are refused
		if network == "tls" {
			h.StartTLS()
		} else {
			h.Start()
		}
		s.http[network] = h
	}
	return s, nil
}

// hello says how to connect to the server.
func (s *server) hello() event {
	addresses := map[string]string{}
	for name, h := range s.http {
		addresses[name] = h.Listener.Addr().String()
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http["tls"].Certificate().Raw})
	return event{Addresses: addresses, Certificate: cert}
}

// ServeHTTP serves one session by Handle or by Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, err := parseRequest(r.URL.Query())
	if err != nil {
		s.emit(event{Problem: err.Error()})
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	service := s.services[req.service]
	u := service.upgrader()
	h := &half{request: req, side: "server", stop: s.stop, pace: s.pace, rng: req.random(1), server: s, upgrader: u}
	h.view = views[h.rng.IntN(len(views))]
	h.conn, _ = r.Context().Value(connKey{}).(*conn)
	if req.behaviour.slow {
		h.conn.shrink()
	}
	if req.behaviour.panics || u.KeepRequestValues && req.behaviour.name != "a server that abandons the session" {
		u.handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), halfKey{}, h)))
		return
	}
	session, stream, err := u.Handle(w, r)
	if err != nil {
		return // the client checks it
	}
	h.session, h.stream = session, stream
	session, stream = nil, nil // so that h can abandon them
	s.running.Add(1)
	go func() {
		defer s.running.Add(-1)
		s.behave(h)
	}()
}

// behave runs the server function, closes the session and reports. If the function panics,
// it reports nevertheless.
func (s *server) behave(h *half) {
	defer func() {
		panicked := recover()
		if panicked != nil {
			s.running.Add(1)
			go func() {
				defer s.running.Add(-1)
				s.report(h, nil) // when Handler has closed the session
			}()
			panic(panicked)
		}
	}()
	failure := h.behaviour.server(h)
	if h.session != nil {
		_ = h.close(ws.CloseReason{})
	}
	s.report(h, failure)
}

func (s *server) report(h *half, failure error) {
	report := h.finish(failure)
	report.Interrupted = h.upgrader.down.Load()
	s.emit(event{Report: &report})
}

// restart shuts an Upgrader down and replaces it, at random times, until ctx ends.
func (s *server) restart(ctx context.Context, rng *rand.Rand, every time.Duration) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		timer := time.NewTimer(randomTime(rng, 2*every))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		service, how := s.services[rng.IntN(firstSpecial)], rng.IntN(4)
		running.Go(func() {
			if err := service.restart(how, every); err != nil {
				s.emit(event{Problem: err.Error()})
			}
		})
	}
}

// idle reports whether no session is left.
func (s *server) idle() bool {
	for _, service := range s.services {
		if service.upgrader().Stats().Sessions > 0 {
			return false
		}
	}
	return s.running.Load() == 0
}

// finish shuts everything down and returns what the statistics do not agree on, and
// their sum.
func (s *server) finish() (problems []string, total ws.Stats) {
	total = newStats()
	for _, service := range s.services {
		if err := service.restart(0, 0); err != nil {
			problems = append(problems, err.Error())
		}
		addStats(&total, service.ended)
		if now := service.upgrader(); now.Stats().Total > 0 {
			problems = append(problems, "a session has begun at the end")
		}
		_ = service.upgrader().Close()
	}
	for _, groups := range s.groups.of {
		if err := groups.Close(); err != nil {
			problems = append(problems, err.Error())
		}
	}
	for _, h := range s.http {
		h.Close()
	}
	return append(problems, s.tally.compare(total)...), total
}

// certificates returns the pool of one certificate.
func certificates(cert []byte) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}

func newStats() ws.Stats {
	return ws.Stats{Ends: map[ws.EndReason]uint64{}, ClosesSent: map[ws.CloseCode]uint64{}, ClosesReceived: map[ws.CloseCode]uint64{}}
}

func addStats(to *ws.Stats, s ws.Stats) {
	to.Sessions += s.Sessions
	to.Total += s.Total
	to.Refused += s.Refused
	to.Queued += s.Queued
	to.Pings += s.Pings
	to.Pongs += s.Pongs
	to.In, to.Out = addTraffic(to.In, s.In), addTraffic(to.Out, s.Out)
	addCounts(to.Ends, maps.All(s.Ends))
	addCounts(to.ClosesSent, maps.All(s.ClosesSent))
	addCounts(to.ClosesReceived, maps.All(s.ClosesReceived))
}
