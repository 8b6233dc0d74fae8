package group_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// Sessions join and leave 1,000 groups, with up to 10,000 members, while others publish.
// Each client checks that the messages of a publisher to a group arrive in order and at
// most once, and that nothing is missing while it is a member.
func TestStress(t *testing.T) {
	const sessions, groups, perSession, publishers, rounds = 100, 1000, 100, 4, 20
	gs := group.New(&group.MemoryBroker{History: 1}, group.Options{UnsubscribeDelay: -1})
	name := func(i int) string { return fmt.Sprint("g", i) }
	var received atomic.Int64
	var clients, working sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range sessions {
		e := connect(t, ws.Options{})
		clients.Go(func() { received.Add(checkOrder(ctx, t, e)) })
		working.Go(func() {
			for round := range rounds {
				for range perSession / rounds {
					if err := gs.Join(ctx, name(rand.IntN(groups)), e.Session); err != nil {
						t.Error(err)
					}
				}
				if round%4 == 3 {
					gs.Leave(name(rand.IntN(groups)), e.Session)
				}
			}
		})
	}
	for p := range publishers {
		working.Go(func() {
			for i := range 5 * groups {
				to := rand.IntN(groups)
				b := binary.BigEndian.AppendUint32(nil, uint32(p))
				b = binary.BigEndian.AppendUint32(b, uint32(to))
				b = binary.BigEndian.AppendUint64(b, uint64(i))
				if err := gs.Publish(ctx, name(to), ws.Binary, b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	stats := gs.Stats()
	if stats.Members < sessions*perSession/2 || stats.SlowClosed != 0 || stats.Delivered < 10000 {
		t.Errorf("stats: %+v", stats)
	}
	gs.Close()
	stop()
	clients.Wait()
	n := received.Load()
	if n == 0 {
		t.Error("nothing was received")
	}
	for began := time.Now(); uint64(n) > gs.Stats().Delivered; runtime.Gosched() { // counted after they are sent
		if time.Since(began) > patience {
			t.Fatalf("%d messages were received of %d", n, gs.Stats().Delivered)
		}
	}
}

// checkOrder receives until ctx ends, and returns the number of messages.
func checkOrder(ctx context.Context, t *testing.T, e end) (n int64) {
	last := map[uint64]uint64{}
	for {
		msg, err := e.client.Stream.Recv(ctx)
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			return n
		}
		n++
		from, i := binary.BigEndian.Uint64(msg.Data), binary.BigEndian.Uint64(msg.Data[8:])+1
		if i <= last[from] {
			t.Errorf("message %d of a publisher arrived after %d", i, last[from])
		}
		last[from] = i
	}
}

// Members that stay receive everything, in order, while others join and leave.
func TestStressMembersThatStay(t *testing.T) {
	const messages = 2000
	gs := group.New(nil, group.Options{UnsubscribeDelay: -1})
	stays := member(t, gs, "x")
	passing := []end{connect(t, ws.Options{}), connect(t, ws.Options{})}
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	for _, e := range passing {
		others.Go(func() { checkOrder(ctx, t, e) })
		others.Go(func() {
			for ctx.Err() == nil {
				if err := gs.Join(ctx, "x", e.Session); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				gs.Leave("x", e.Session)
			}
		})
	}
	go func() {
		for i := range messages {
			publish(t, gs, "x", fmt.Sprintf("\x00\x00\x00\x00\x00\x00\x00\x00%08d", i))
		}
	}()
	for i := range messages {
		stays.receives(t, fmt.Sprintf("\x00\x00\x00\x00\x00\x00\x00\x00%08d", i))
	}
	stop()
	others.Wait()
}
