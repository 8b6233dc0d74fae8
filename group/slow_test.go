package group_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// flood publishes so many messages that the queue of a client that does not receive is
// full, and returns them. The connection and the send queue have space for 64 KiB each.
func flood(t *testing.T, gs *group.Groups, name string, n int) (texts []string) {
	t.Helper()
	for i := range n {
		texts = append(texts, long(fmt.Sprint(i)))
		publish(t, gs, name, texts[i])
		synctest.Wait()
	}
	return texts
}

// fastAndSlow runs a test in a bubble with a member that receives and one that does not,
// and the messages that were published to both.
func fastAndSlow(t *testing.T, options group.Options, n int, test func(t *testing.T, gs *group.Groups, slow end, texts []string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		gs := group.New(nil, options)
		fast, slow := member(t, gs, "x"), member(t, gs, "x")
		received := make(chan []string)
		go func() { received <- fast.all(t, long(fmt.Sprint(n-1))) }()
		texts := flood(t, gs, "x", n)
		if got := <-received; !slices.Equal(got, texts) {
			t.Errorf("the fast member received %d messages of %d", len(got), len(texts))
		}
		test(t, gs, slow, texts)
	})
}

// prefix returns how many of the messages were received without a hole, and the rest of
// what was received.
func prefix(received, texts []string) (int, []string) {
	n := 0
	for n < len(received) && received[n] == texts[n] {
		n++
	}
	return n, received[n:]
}

func TestCloseSlow(t *testing.T) {
	fastAndSlow(t, group.Options{}, 1300, func(t *testing.T, gs *group.Groups, slow end, texts []string) {
		if gs.Len("x") != 1 || gs.Stats().Members != 1 {
			t.Errorf("the session, which ends when its client has received all, is still a member")
		}
		n, rest := prefix(slow.all(t, "close 1013 try again later"), texts)
		if n < 100 || len(rest) != 1 {
			t.Errorf("received %d messages and then %.100q", n, rest)
		}
		<-slow.Done()
		synctest.Wait()
		stats := gs.Stats()
		if stats.SlowClosed != 1 || stats.Members != 1 || stats.Delivered != uint64(1300+n) || stats.Dropped+stats.Replaced != 0 {
			t.Errorf("stats: %+v, %d received", stats, n)
		}
	})
}

// A burst that is larger than the send queues closes no session whose client receives.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs := group.New(nil, group.Options{})
		members := []end{member(t, gs, "x"), member(t, gs, "x")}
		var texts []string
		for i := range 1000 {
			texts = append(texts, long(fmt.Sprint(i)))
		}
		publish(t, gs, "x", texts...)
		for _, m := range members {
			m.receives(t, texts...)
		}
		synctest.Wait()
		if stats := gs.Stats(); stats.SlowClosed != 0 || stats.Delivered != 2000 {
			t.Errorf("stats: %+v", stats)
		}
		gs.Leave("x", members[0].Session)
		publish(t, gs, "x", "later")
		members[1].receives(t, "later")
		members[0].receivesNothing(t)
	})
}

// A member on a slow network that can carry what is published stays, whatever bursts there
// are between, and receives everything.
func TestSlowNetworkKeepsMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs := group.New(nil, group.Options{})
		m := member(t, gs, "x")
		m.client.Network.SetRate(wstest.Down, 20_000)
		go func() {
			for i := range 3000 {
				publish(t, gs, "x", long(fmt.Sprint(i)))
				if i%600 > 300 { // 300 at once, and then 300 in half a minute
					time.Sleep(time.Second / 10)
				}
			}
		}()
		for i := range 3000 {
			m.receives(t, long(fmt.Sprint(i)))
		}
		if stats := gs.Stats(); stats.SlowClosed != 0 || stats.Members != 1 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestDropNewest(t *testing.T) {
	var missed []*ws.Session
	options := group.Options{Slow: group.DropNewest, Missed: func(name string, session *ws.Session) {
		if name == "x" {
			missed = append(missed, session)
		}
	}}
	fastAndSlow(t, options, 200, func(t *testing.T, gs *group.Groups, slow end, texts []string) {
		stats := gs.Stats()
		n := 400 - int(stats.Delivered) // what the slow member misses
		if n == 0 || stats.Dropped != uint64(n) || stats.Members != 2 || len(missed) != n || missed[0] != slow.Session {
			t.Errorf("stats %+v; %d missed", stats, len(missed))
		}
		slow.receives(t, texts[:200-n]...)
		slow.receivesNothing(t)
		publish(t, gs, "x", "later")
		slow.receives(t, "later")
	})
}

func TestKeepLatest(t *testing.T) {
	fastAndSlow(t, group.Options{Slow: group.KeepLatest}, 200, func(t *testing.T, gs *group.Groups, slow end, texts []string) {
		n, rest := prefix(slow.all(t, long("199")), texts)
		if n < 100 || len(rest) != 1 && len(rest) != 2 {
			t.Errorf("received %d messages and then %d others", n, len(rest))
		}
		slow.receivesNothing(t)
		publish(t, gs, "x", "later")
		slow.receives(t, "later")
		stats := gs.Stats()
		if stats.Delivered != uint64(202+n+len(rest)) || stats.Replaced != uint64(200-n-len(rest)) || stats.Dropped != 0 {
			t.Errorf("stats: %+v; received %d + %d", stats, n, len(rest))
		}
	})
}

// Leave ends the waiting for the send queue, and nothing is sent later.
func TestKeepLatestLeaves(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*group.Groups, end)
	}{
		{"by Leave", func(gs *group.Groups, slow end) { gs.Leave("x", slow.Session) }},
		{"by Close", func(gs *group.Groups, slow end) { gs.Close() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			fastAndSlow(t, group.Options{Slow: group.KeepLatest}, 200, func(t *testing.T, gs *group.Groups, slow end, texts []string) {
				test.end(gs, slow)
				if err := slow.TrySend(ws.Message{Kind: ws.Text, Data: []byte(long("left"))}); err != ws.ErrBufferFull {
					t.Fatalf("TrySend returns %v", err)
				}
				go slow.Text(t.Context(), "left")
				n, rest := prefix(slow.all(t, "left"), texts)
				if n < 100 || len(rest) > 2 || len(rest) == 2 && rest[0] == texts[199] {
					t.Errorf("received %d messages and then %.100q", n, rest)
				}
			})
		})
	}
}

// The goroutine that waits ends with the session.
func TestKeepLatestSessionEnds(t *testing.T) {
	fastAndSlow(t, group.Options{Slow: group.KeepLatest}, 200, func(t *testing.T, gs *group.Groups, slow end, texts []string) {
		publish(t, gs, "x", "more")
		slow.client.Session.Close(ws.CloseReason{})
		slow.client.Stream.Discard()
		<-slow.Done()
		synctest.Wait()
		if n := gs.Len("x"); n != 1 {
			t.Errorf("%d members", n)
		}
	})
}
