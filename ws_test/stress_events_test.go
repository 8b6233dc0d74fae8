package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
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

// In any order of Handle, sends, Close, Shutdown, resets and timeouts every
// session ends and is counted.
func TestRandomOrderOfEvents(t *testing.T) {
	t.Parallel()
	rounds := uint64(1000)
	if testing.Short() {
		rounds = 100
	}
	var round atomic.Pointer[eventRound]
	ends := make(map[ws.EndReason]uint64)
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { round.Load().handle(w, r) }))
	for seed := range rounds {
		in := &eventRound{t: t, seed: seed, gone: make(chan struct{}), u: &ws.Upgrader{
			MaxSessions: 3,
			Options: ws.Options{
				CloseTimeout: 20 * time.Millisecond,
				Heartbeat:    ws.Heartbeat{Interval: 3 * time.Millisecond, Timeout: 3 * time.Millisecond},
			},
		}}
		if in.compresses() {
			in.u.Compression = compressions[seed%5].c
		}
		if seed%2 == 0 { // which may fire before the heartbeat
			in.u.MessageTimeout = 3 * time.Millisecond
		}
		round.Store(in)
		in.run(srv.Listener.Addr().String())
		for why, n := range in.u.Stats().Ends {
			ends[why] += n
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
	t.Log(ends)
	for _, why := range []ws.EndReason{ws.EndClosed, ws.EndConnectionLost, ws.EndShutdown, ws.EndCloseTimeout,
		ws.EndHeartbeatTimeout, ws.EndMessageTimeout, ws.EndProtocolError} {
		if ends[why] == 0 && !testing.Short() { // too few rounds for each to be sure
			t.Errorf("no session ended by %q, of %v", why, ends)
		}
	}
}

// eventRound is a server with a few clients that act at random.
type eventRound struct {
	t    *testing.T
	seed uint64
	u    *ws.Upgrader
	gone chan struct{} // closed when all clients are

	mu       sync.Mutex
	sessions []*ws.Session
	handling sync.WaitGroup
}

// compresses reports whether messages are compressed: in two rounds of five.
func (in *eventRound) compresses() bool { return in.seed%5 < 2 }

func (in *eventRound) random(who uint64) *rand.Rand { return rand.New(rand.NewPCG(in.seed, who)) }

// pause yields to other goroutines.
func pause(r *rand.Rand) {
	for range r.IntN(200) {
		runtime.Gosched()
	}
}

func (in *eventRound) run(addr string) {
	var clients, group sync.WaitGroup
	for who := range uint64(4) {
		clients.Go(func() { in.client(addr, in.random(who)) })
	}
	group.Go(func() { in.shutDown(in.random(100)) })
	clients.Wait()
	close(in.gone)
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

func (in *eventRound) shutDown(r *rand.Rand) {
	pause(r)
	if r.IntN(4) > 0 { // before, in the midst of, or after the other ends
		select {
		case <-in.gone:
		case <-time.After(time.Duration(r.IntN(20)) * time.Millisecond):
		}
	}
	if r.IntN(4) == 0 {
		_ = in.u.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(30))*time.Millisecond)
	defer cancel()
	_ = in.u.Shutdown(ctx)
}

func (in *eventRound) handle(w http.ResponseWriter, r *http.Request) {
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
			_ = session.TrySend(ws.Message{Kind: ws.Text, Data: bytes.Repeat([]byte("hello"), 100)})
		}
	}
}

// client connects, sends some messages, and ends the connection in one of several ways.
func (in *eventRound) client(addr string, r *rand.Rand) {
	pause(r)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		in.t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(testTimeout))
	hello := masked(fin|opText, []byte("hello"))
	offer := ""
	if in.compresses() {
		offer = "permessage-deflate; client_max_window_bits"
		hello = masked(fin|rsv1|opText, []byte(compressedHello))
	}
	_ = request("Sec-WebSocket-Extensions", offer).Write(conn)
	leaves := r.IntN(6)
	if leaves == 0 || leaves == 2 {
		_, _ = conn.Read(make([]byte, 1+r.IntN(500)))
	} else if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 101 {
		return // there is no session whose end could be waited for
	}
	for range r.IntN(5) {
		pause(r)
		_, _ = conn.Write(hello)
	}
	switch leaves {
	case 0:
		_ = conn.(*net.TCPConn).SetLinger(0)
	case 1:
		_, _ = conn.Write(closeFrame(1000))
		_, _ = conn.Read(make([]byte, 500))
	case 3: // answers nothing until the server ends the session
		_, _ = io.Copy(io.Discard, conn)
	case 4: // nor finishes its message
		_, _ = conn.Write(masked(opText, []byte("once upon a time")))
		_, _ = io.Copy(io.Discard, conn)
	case 5:
		_, _ = conn.Write([]byte{0xFF, 0x80})
		_, _ = io.Copy(io.Discard, conn)
	}
}
