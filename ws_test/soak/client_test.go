package soak

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/ws"
)

// clients are the clients of the soak, all in this process.
type clients struct {
	networks map[string]*network
	dialers  map[string][]*ws.Dialer // by the network
	stop     context.Context
	pace     *pace
	results  *results
	rng      *rand.Rand
	mu       sync.Mutex // for rng
	ids      atomic.Uint32
	longest  time.Duration // how long a session lasts
	tally    *tally
	counts   struct{ sessions, refused atomic.Int64 }
}

// A network is how clients connect to the server.
type network struct {
	scheme string
	dial   func(context.Context) (net.Conn, error)
	http   *http.Client
}

// quietDialer is the index of the Dialer without a heartbeat.
const quietDialer = 2

// dialerOptions are the options of the Dialers of each network.
func dialerOptions(t *tally) []*ws.Dialer {
	plain := longTimes
	plain.Trace = t.trace()
	stats, quiet := plain, plain
	stats.SessionStats, stats.SendBuffer = true, 8<<10
	quiet.Heartbeat.Interval = -1
	return []*ws.Dialer{
		{Options: plain},
		{Options: stats, Compression: ws.Frugal()},
		{Options: quiet, Compression: ws.Balanced()},
		{Options: plain, Compression: ws.Dense()},
		{Options: plain, Compression: ws.Compression{Level: 1, MinSize: 1, SendTakeover: true, SendWindowBits: 9, RecvWindowBits: 10}},
	}
}

// slot is the key of a context with which a connection is dialed, whose value is a
// *dialed.
type slot struct{}

// dialed receives the connection under a session.
type dialed struct {
	slow *rand.Rand // for a slowConn; nil for none
	conn *conn
}

// newNetworks returns the networks to a server at addresses.
func newNetworks(addresses map[string]string, roots *x509.CertPool) map[string]*network {
	networks := map[string]*network{}
	for name, address := range addresses {
		over := "tcp"
		if name == "unix" {
			over = "unix"
		}
		n := &network{scheme: "ws", dial: func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, over, address) }}
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, over, address)
			if err != nil {
				return nil, err
			}
			d, _ := ctx.Value(slot{}).(*dialed)
			if d == nil {
				return c, nil
			}
			d.conn = newConn(c)
			if d.slow != nil {
				return &slowConn{c, d.slow}, nil
			}
			return c, nil
		}}
		if name == "tls" {
			config := &tls.Config{RootCAs: roots, ServerName: "example.com", ClientSessionCache: tls.NewLRUClientSessionCache(16)}
			n.scheme, transport.TLSClientConfig = "wss", config
			n.dial = func(ctx context.Context) (net.Conn, error) {
				return (&tls.Dialer{Config: config}).DialContext(ctx, over, address)
			}
		}
		n.http = &http.Client{Transport: transport}
		networks[name] = n
	}
	return networks
}

// run keeps n sessions until stop ends, and waits until all have ended.
func (c *clients) run(n int) error {
	var running sync.WaitGroup
	for i := range n {
		if i%50 == 49 {
			select {
			case <-time.After(100 * time.Millisecond): // so many handshakes at once are another test
			case <-c.stop.Done():
			}
		}
		running.Go(func() {
			for c.stop.Err() == nil {
				r := c.request()
				c.results.begin(&r)
				if r.behaviour.visit != nil {
					r.behaviour.visit(c, r)
				} else {
					c.visit(r)
				}
				c.results.end(&r)
			}
		})
	}
	ended := make(chan struct{})
	go func() { running.Wait(); close(ended) }()
	<-c.stop.Done()
	select {
	case <-ended:
		return nil
	case <-time.After(patience / 2): // before a CloseTimeout ends one that hangs
		return errors.New("sessions do not end:\n" + c.results.open())
	}
}

// request returns a random request.
func (c *clients) request() request {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := request{id: c.ids.Add(1), behaviour: c.behaviour(), seed: c.rng.Uint64(), closer: closers[c.rng.IntN(3)]}
	r.over = [...]string{"tcp", "tcp", "tcp", "tcp", "tls", "tls", "unix"}[c.rng.IntN(7)]
	r.service = c.rng.IntN(firstSpecial)
	for i, s := range services {
		if s.name == r.behaviour.service {
			r.service = i
		}
	}
	longest := c.longest
	if r.behaviour.brief {
		longest /= 5
	}
	r.until = time.Now().Add(longest/20 + randomTime(c.rng, longest))
	return r
}

// behaviour returns a random behaviour.
func (c *clients) behaviour() *behaviour {
	total := 0
	for i := range behaviours {
		total += behaviours[i].weight
	}
	for {
		n := c.rng.IntN(total)
		i := 0
		for ; n >= behaviours[i].weight; i++ {
			n -= behaviours[i].weight
		}
		if b := &behaviours[i]; !b.long || c.longest == longestSession {
			return b
		}
	}
}

// visit dials and behaves as the request says.
func (c *clients) visit(r request) {
	h := c.half(r)
	d := &dialed{}
	if r.behaviour.slow && r.seed%4 == 0 {
		d.slow = r.random(7)
	}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), slot{}, d), patience)
	defer cancel()
	session, stream, err := c.dialer(&r).Dial(ctx, c.networks[r.over].scheme+"://soak/?"+r.query())
	if err != nil {
		if !isUnavailable(err) {
			c.fail(r, err)
		}
		return
	}
	h.session, h.stream, h.conn = session, stream, d.conn
	session, stream = nil, nil // so that h can abandon them
	c.behave(h)
}

// dialer returns the Dialer of a request. That of a session that is abandoned has no
// heartbeat, as its service.
func (c *clients) dialer(r *request) *ws.Dialer {
	dialers := c.dialers[r.over]
	if services[r.service].name == "no heartbeat" {
		return dialers[quietDialer]
	}
	return dialers[r.seed%uint64(len(dialers))]
}

// isUnavailable reports whether the server has refused the handshake because it shuts down or
// has too many sessions.
func isUnavailable(err error) bool {
	var refused *ws.HandshakeError
	return errors.As(err, &refused) && refused.Status == http.StatusServiceUnavailable
}

// half returns the client's half for a request.
func (c *clients) half(r request) *half {
	h := &half{request: r, side: "client", stop: c.stop, pace: c.pace, rng: r.random(0)}
	h.view = views[h.rng.IntN(len(views))]
	return h
}

// behave runs the client function, closes the session and reports.
func (c *clients) behave(h *half) {
	c.counts.sessions.Add(1)
	if h.behaviour.slow {
		h.conn.shrink()
	}
	c.results.follow(h)
	failure := h.behaviour.client(h)
	if h.session != nil {
		_ = h.close(ws.CloseReason{})
	}
	report := h.finish(failure)
	report.Interrupted = c.stop.Err() != nil
	c.results.add(report)
}

func (c *clients) fail(r request, err error) {
	c.results.fail(fmt.Sprintf("session %d, %s over %s: %v", r.id, r.behaviour.name, r.over, err))
}

func (c *clients) failUnlessStopped(r request, err error) {
	if err != nil && c.stop.Err() == nil {
		c.fail(r, err)
	}
}
