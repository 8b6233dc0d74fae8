package simulation

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"

	"github.com/handset-go/handset/internal/clock"
)

// run is the run of one seed. It is made and used inside a bubble.
type run struct {
	seed      uint64
	plan      *plan
	trace     *trace // nil if nobody asks for it
	network   *network
	client    *http.Client
	pairs     map[int]*pair
	handler   http.Handler              // of Upgrader.Handler
	groups    *groups                   // nil if there are none
	remote    *remote                   // likewise; a run has one of them at most
	callbacks map[*ws.Dialer]*callbacks // nil is the key of those of the Upgrader
	began     time.Time

	scripts tasks // goroutines that do a number of steps
	readers tasks // goroutines that receive until the end

	mu       sync.Mutex
	failures []string
	shut     time.Time // when the Upgrader or a Dialer was first shut down
	aborted  bool      // sessions were ended by that
}

// simulate runs a seed and returns what the model found wrong. It must be called inside a
// bubble. Nothing is left when it returns.
func simulate(seed uint64, t *trace) (failures []string) {
	rng := newRandom(seed, "run")
	r := newRun(seed, rng, t)
	limit := time.AfterFunc(longest, func() { panic(fmt.Sprintf("simulation: seed %d has not ended after %v", seed, longest)) })
	defer limit.Stop()
	stop := r.serve()
	r.start(rng)
	r.scripts.Wait()
	r.remote.settle()
	r.patient()
	r.shutdown()
	r.scripts.Wait()
	r.readers.Wait()
	r.remote.check()
	stop()
	synctest.Wait() // for the groups to notice the ends of sessions
	r.check()
	return r.failures
}

func newRun(seed uint64, rng random, t *trace) *run {
	r := &run{seed: seed, trace: t, plan: newPlan(rng), network: newNetwork(), began: time.Now(), pairs: map[int]*pair{}}
	if t != nil {
		t.began = r.began
	}
	setClock(seed)
	r.client = &http.Client{Transport: &http.Transport{DialContext: r.dial}}
	r.handler = r.plan.upgrader.Handler(r.serveSession)
	r.callbacks = map[*ws.Dialer]*callbacks{nil: newCallbacks(r, "upgrader")}
	r.plan.upgrader.Trace = r.callbacks[nil].trace()
	for i, d := range r.plan.dialers {
		d.HTTPClient = r.client
		r.callbacks[d] = newCallbacks(r, fmt.Sprint("dialer ", i))
		d.Trace = r.callbacks[d].trace()
	}
	return r
}

// serve starts the server, and returns a function that stops it.
func (r *run) serve() (stop func()) {
	server := &http.Server{Handler: http.HandlerFunc(r.handle), ErrorLog: discardLog}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(r.network) })
	return func() {
		_ = server.Close()
		r.client.CloseIdleConnections()
		serving.Wait()
	}
}

// start starts the groups and the clients.
func (r *run) start(rng random) {
	if rng.chance(50) {
		r.groups = newGroups(r, newRandom(r.seed, "groups"))
		r.scripts.Go(r.groups.runPublisher)
	} else {
		r.remote = newRemote(r)
		r.remote.publishers()
	}
	for i := range r.plan.clients {
		r.scripts.Go(newClient(r, i).connect)
	}
	r.scripts.Go(r.interrupt)
}

// longest is the time that a run may take, by its own clock.
const longest = time.Hour

// setClock makes the library's times and random delays those of the seed.
func setClock(seed uint64) {
	clock.Epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	rng := newRandom(seed, "library")
	clock.Random = func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return rng.Int64N(n)
	}
}

// clientKey is the key of the client in the context of a handshake.
type clientKey struct{}

// dial makes the connection of the client's attempt in progress.
func (r *run) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return r.network.dial(ctx, ctx.Value(clientKey{}).(*client).current)
}

// handle serves the server's end of a pair.
func (r *run) handle(w http.ResponseWriter, request *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(request.URL.Path, "/"))
	p := r.pair(id)
	if err != nil || p == nil {
		r.failf("the server got the path %s", request.URL.Path)
		return
	}
	p.serve(w, request)
}

func (r *run) failf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf("%v: ", time.Since(r.began)) + fmt.Sprintf(format, args...)
	if len(r.failures) < 3 {
		r.failures = append(r.failures, text)
	}
}
