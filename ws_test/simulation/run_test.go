package simulation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/clock"
)

// run is the run of one seed. It is made and used inside a bubble.
type run struct {
	seed    uint64
	plan    *plan
	trace   *trace // nil if nobody asks for it
	network *network
	client  *http.Client
	pairs   []*pair
	began   time.Time

	scripts tasks // goroutines that do a number of steps
	readers tasks // goroutines that receive until the end

	mu       sync.Mutex
	failures []string
	shut     time.Time // when the Upgrader or Dialers were shut down
	aborted  bool      // their sessions were ended
}

// simulate runs a seed and returns what the model found wrong. It must be called inside a
// bubble. Nothing is left when it returns.
func simulate(seed uint64, t *trace) (failures []string) {
	rng := newRandom(seed, "run")
	r := &run{seed: seed, trace: t, plan: newPlan(rng), network: newNetwork(), began: time.Now()}
	if t != nil {
		t.began = r.began
	}
	setClock(seed)
	server := &http.Server{Handler: http.HandlerFunc(r.handle), ErrorLog: discardLog}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(r.network) })
	r.client = &http.Client{Transport: &http.Transport{DialContext: r.dial}}
	for i := range r.plan.pairs {
		r.pairs = append(r.pairs, newPair(r, i, rng))
	}
	for _, p := range r.pairs {
		r.scripts.Go(p.runClient)
		r.scripts.Go(p.runFaults)
	}
	r.scripts.Wait()
	r.shutdown()
	r.readers.Wait()
	_ = server.Close()
	r.client.CloseIdleConnections()
	serving.Wait()
	r.check()
	return r.failures
}

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

// pairKey is the key of the pair in the context of a handshake.
type pairKey struct{}

// dial connects the client of a pair.
func (r *run) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return r.network.dial(ctx, ctx.Value(pairKey{}).(*pair))
}

// handle serves the server's end of a pair.
func (r *run) handle(w http.ResponseWriter, request *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(request.URL.Path, "/"))
	if err != nil || id >= len(r.pairs) {
		r.failf("the server got the path %s", request.URL.Path)
		return
	}
	r.pairs[id].serve(w, request)
}

// shutdown ends what is left, as a program does that ends.
func (r *run) shutdown() {
	rng := newRandom(r.seed, "shutdown")
	grace := rng.between(0, 20*time.Second)
	r.mu.Lock()
	r.shut = time.Now()
	r.mu.Unlock()
	for _, p := range r.pairs {
		p.client.closesItself()
		p.server.closesItself()
	}
	down := func(name string, at lane, u interface {
		Shutdown(context.Context) error
		Close() error
	}) {
		r.scripts.Go(func() {
			at.pause(0)
			now := time.Now()
			ctx, cancel := context.WithDeadline(context.Background(), at.next(now, now.Add(grace)))
			defer cancel()
			err := u.Shutdown(ctx)
			r.trace.add(name, "Shutdown: ", err)
			if err != nil {
				r.mu.Lock()
				r.aborted = true
				r.mu.Unlock()
				if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
					r.failf("Shutdown of the %s: %v", name, err)
				}
			}
		})
	}
	down("upgrader", laneShutdown, &r.plan.upgrader)
	for i, d := range r.plan.dialers {
		down(fmt.Sprint("dialer ", i), laneShutdown+1+lane(i), d)
	}
	r.scripts.Wait()
}

func (r *run) failf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf("%v: ", time.Since(r.began)) + fmt.Sprintf(format, args...)
	if len(r.failures) < 3 {
		r.failures = append(r.failures, text)
	}
}
