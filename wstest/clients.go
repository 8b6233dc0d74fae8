package wstest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

// Clients are the clients of Server.DialN, by their indices.
type Clients []Endpoint

// DialN connects n clients to the server at once. It calls request with the index of each
// client, from 0, for the path and the Dialer, as of Server.Dial; if request is nil, they
// are "/" and nil. Each client has a Network of its own.
//
// If a client has not connected after 10 s, or its handshake fails, DialN fails the test
// with tb.Fatal and a text that names the client. The sessions end when the test of tb
// ends, without a Close frame. As in Server.Dial, a client answers pings and Close frames
// only while its stream is read: see Clients.Collect.
func (s *Server) DialN(tb testing.TB, n int, request func(i int) (path string, d *ws.Dialer)) Clients {
	tb.Helper()
	if request == nil {
		d := newDialer()
		request = func(int) (string, *ws.Dialer) { return "/", d }
	}
	clients, errs := make(Clients, n), make([]error, n)
	tb.Cleanup(clients.end)
	ctx, cancel := context.WithTimeout(context.Background(), expectTimeout)
	defer cancel()
	var dialing sync.WaitGroup
	for i := range clients {
		path, d := request(i)
		c := &clients[i]
		c.Network = new(Network)
		dialing.Go(func() {
			c.Session, c.Stream, errs[i] = s.Dial(WithNetwork(ctx, c.Network), path, d)
		})
	}
	dialing.Wait()
	if text := failures(errs); text != "" {
		tb.Fatal(text)
	}
	return clients
}

// end ends the sessions, and waits for it.
func (c Clients) end() {
	for _, client := range c {
		client.Network.closeClients()
	}
	for _, client := range c {
		if client.Session != nil {
			_ = client.Session.Close(ws.CloseReason{}) // so that it notices the end of its connection
			<-client.Session.Done()
		}
	}
}

// maxFailures is how many clients that failed a text names.
const maxFailures = 10

// failures names the clients that have not connected.
func failures(errs []error) string {
	var b strings.Builder
	failed := 0
	for i, err := range errs {
		if err == nil {
			continue
		}
		if failed++; failed <= maxFailures {
			fmt.Fprintf(&b, "\n\tclient %d: %v", i, err)
		}
	}
	switch {
	case failed == 0:
		return ""
	case failed > maxFailures:
		fmt.Fprintf(&b, "\n\tand %d more", failed-maxFailures)
	}
	return fmt.Sprintf("wstest: %d of %d clients have not connected:%s", failed, len(errs), &b)
}

// Collect starts to read the stream of each client in the background, as the function
// Collect does.
func (c Clients) Collect(tb testing.TB) []*Collector {
	collectors := make([]*Collector, len(c))
	for i, client := range c {
		collectors[i] = Collect(tb, client.Stream)
	}
	return collectors
}

// Each calls f for each client, with its index, in a goroutine of its own, and waits until
// all calls have returned. The TB of f may be used as in a test: what it logs and the
// failures that it reports name the client, and its Fatal and FailNow end the call. If a
// call has ended in this way, Each then ends the test with tb.FailNow; it must be called on
// the goroutine of the test. Of the clients that fail, the first 10 are reported and the
// others counted.
func (c Clients) Each(tb testing.TB, f func(tb testing.TB, i int, client Endpoint)) {
	tb.Helper()
	g := &clientGroup{tb: tb}
	var calls sync.WaitGroup
	for i, client := range c {
		calls.Go(func() { f(&clientTB{TB: tb, group: g, name: fmt.Sprintf("client %d: ", i)}, i, client) })
	}
	calls.Wait()
	g.end()
}
