package ws_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestInAnyOrderOfHandleSendCloseShutdownAndResetNothingIsLost(t *testing.T) {
	rounds := uint64(1000)
	if testing.Short() {
		rounds = 100
	}
	var round atomic.Pointer[interleaving]
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { round.Load().handle(w, r) }))
	for seed := range rounds {
		in := &interleaving{t: t, seed: seed, u: ws.Upgrader{CloseTimeout: 20 * time.Millisecond}}
		round.Store(in)
		in.run(srv.Listener.Addr().String())
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// interleaving is a server with a few clients, all of which do as they please.
type interleaving struct {
	t    *testing.T
	seed uint64
	u    ws.Upgrader

	mu       sync.Mutex
	sessions []*ws.Session
	handling sync.WaitGroup
}

func (in *interleaving) random(who uint64) *rand.Rand { return rand.New(rand.NewPCG(in.seed, who)) }

// pause lets others go first.
func pause(r *rand.Rand) {
	for range r.IntN(200) {
		runtime.Gosched()
	}
}

func (in *interleaving) run(addr string) {
	var group sync.WaitGroup
	for who := range uint64(4) {
		group.Go(func() { in.client(addr, in.random(who)) })
	}
	group.Go(func() { in.shutDown(in.random(100)) })
	group.Wait()
	in.handling.Wait()
	_ = in.u.Close()
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, session := range in.sessions {
		await(in.t, session.Done(), "a session's end")
	}
	stats, ends := in.u.Stats(), uint64(0)
	for _, n := range stats.Ends {
		ends += n
	}
	if n := uint64(len(in.sessions)); stats.Sessions != 0 || stats.Total != n || ends != n {
		in.t.Errorf("%d sessions, counted %+v", n, stats)
	}
}

func (in *interleaving) shutDown(r *rand.Rand) {
	pause(r)
	if r.IntN(4) == 0 {
		_ = in.u.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(30))*time.Millisecond)
	defer cancel()
	_ = in.u.Shutdown(ctx)
}

func (in *interleaving) handle(w http.ResponseWriter, r *http.Request) {
	in.handling.Add(1)
	defer in.handling.Done()
	session, stream, err := in.u.Handle(w, r)
	if err != nil {
		return
	}
	in.mu.Lock()
	in.sessions = append(in.sessions, session)
	who := uint64(len(in.sessions)) + 10
	in.mu.Unlock()
	random := in.random(who)
	switch random.IntN(4) {
	case 0:
		_ = stream.Discard()
	case 1:
		stream.Chan()
	case 2:
		go func() { _ = echo(session, stream.Aggregate(0)) }()
	}
	for range random.IntN(5) {
		pause(random)
		switch random.IntN(4) {
		case 0:
			_ = session.Close(ws.CloseReason{Code: 4000})
		case 1:
			session.Context()
		default:
			_ = session.TrySend(ws.Message{Kind: ws.Text, Data: []byte("hello")})
		}
	}
}

// client connects, says something or other, and leaves, politely or not.
func (in *interleaving) client(addr string, r *rand.Rand) {
	pause(r)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		in.t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_ = request().Write(conn)
	_, _ = conn.Read(make([]byte, 1+r.IntN(500)))
	for range r.IntN(5) {
		pause(r)
		_, _ = conn.Write(masked(fin|opText, []byte("hello")))
	}
	switch r.IntN(3) {
	case 0:
		_ = conn.(*net.TCPConn).SetLinger(0)
	case 1:
		_, _ = conn.Write(closeFrame(1000))
		_, _ = conn.Read(make([]byte, 500))
	}
}
