package group_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

func TestJoinAndLeaveAreIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs := group.New(nil, group.Options{})
		e := member(t, gs, "x")
		join(t, gs, "x", e)
		if n := gs.Len("x"); n != 1 {
			t.Errorf("%d members", n)
		}
		publish(t, gs, "x", "once")
		e.receives(t, "once")
		gs.Leave("x", e.Session)
		gs.Leave("x", e.Session)
		gs.Leave("y", e.Session)
		gs.Leave("x", nil)
		publish(t, gs, "x", "after leaving")
		e.receivesNothing(t)
		join(t, gs, "x", e)
		publish(t, gs, "x", "again")
		e.receives(t, "again")
	})
}

func TestSessionLeavesAllGroupsWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs := group.New(nil, group.Options{})
		stays, goes := member(t, gs, "x"), member(t, gs, "x")
		join(t, gs, "y", goes)
		join(t, gs, "z", goes)
		gs.Leave("z", goes.Session)
		goes.Close(ws.CloseReason{})
		goes.client.Stream.Discard()
		<-goes.Done()
		synctest.Wait()
		if gs.Len("x") != 1 || gs.Len("y") != 0 || gs.Stats().Members != 1 {
			t.Errorf("%d and %d members, stats %+v", gs.Len("x"), gs.Len("y"), gs.Stats())
		}
		publish(t, gs, "x", "still here")
		stays.receives(t, "still here")
	})
}

func TestJoinFails(t *testing.T) {
	ended := connect(t, ws.Options{})
	ended.client.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
	ended.client.Stream.Discard()
	<-ended.Done()
	closed := group.New(nil, group.Options{})
	closed.Close()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	refused := errors.New("refused")
	refusing := &fakeBroker{subscribe: func(context.Context, string, func(group.Event)) (io.Closer, error) { return nil, refused }}
	good := connect(t, ws.Options{})
	for _, test := range []struct {
		name    string
		groups  *group.Groups
		ctx     context.Context
		session *ws.Session
		want    func(error) bool
	}{
		{"the session has ended", nil, t.Context(), ended.Session, func(err error) bool { var e *ws.CloseError; return errors.As(err, &e) }},
		{"there is no session", nil, t.Context(), nil, func(err error) bool { return err != nil }},
		{"the session is a zero value", nil, t.Context(), new(ws.Session), func(err error) bool { return err != nil }},
		{"there is no context", nil, nil, good.Session, func(err error) bool { return err != nil }},
		{"the context has ended", nil, canceled, good.Session, func(err error) bool { return err == context.Canceled }},
		{"after Close", closed, t.Context(), good.Session, func(err error) bool { return err == group.ErrClosed }},
		{"the broker refuses", group.New(refusing, group.Options{}), t.Context(), good.Session, func(err error) bool { return err == refused }},
	} {
		t.Run(test.name, func(t *testing.T) {
			gs := test.groups
			if gs == nil {
				gs = group.New(nil, group.Options{})
			}
			if err := gs.Join(test.ctx, "x", test.session); !test.want(err) {
				t.Errorf("Join returns %v", err)
			}
			if gs.Len("x") != 0 || gs.Stats().Members != 0 {
				t.Errorf("the session is a member: %+v", gs.Stats())
			}
		})
	}
}

// A subscription that the broker has refused is tried again by the next Join.
func TestJoinTriesRefusedSubscriptionAgain(t *testing.T) {
	tries := 0
	broker := new(fakeBroker)
	broker.subscribe = func(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
		if tries++; tries == 1 {
			return nil, errors.New("refused")
		}
		return broker.MemoryBroker.Subscribe(ctx, name, receive)
	}
	gs := group.New(broker, group.Options{})
	e := connect(t, ws.Options{})
	if err := gs.Join(t.Context(), "x", e.Session); err == nil {
		t.Fatal("Join returns nil")
	}
	join(t, gs, "x", e)
	publish(t, gs, "x", "hello")
	e.receives(t, "hello")
}

// A Join that ends early neither harms the others that wait for the same subscription
// nor leaves one behind.
func TestJoinEndsWhileSubscribing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var subscribing context.Context
		confirmed := make(chan struct{})
		broker := new(fakeBroker)
		broker.subscribe = func(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
			subscribing = ctx
			select {
			case <-confirmed:
				return broker.MemoryBroker.Subscribe(ctx, name, receive)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		gs := group.New(broker, group.Options{})
		early, ending, late := connect(t, ws.Options{}), connect(t, ws.Options{}), connect(t, ws.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		results := map[string]error{}
		var joins sync.WaitGroup
		var mu sync.Mutex
		begin := func(name string, ctx context.Context, e end) {
			joins.Go(func() {
				err := gs.Join(ctx, "x", e.Session)
				mu.Lock()
				defer mu.Unlock()
				results[name] = err
			})
		}
		begin("early", ctx, early)
		begin("ending", t.Context(), ending)
		synctest.Wait()
		cancel()
		synctest.Wait()
		if subscribing.Err() != nil {
			t.Error("the end of one Join ends the subscription of another")
		}
		ending.client.Session.Close(ws.CloseReason{})
		ending.client.Stream.Discard()
		joins.Wait()
		var closed *ws.CloseError
		if results["early"] != context.Canceled || !errors.As(results["ending"], &closed) {
			t.Errorf("Join returns %v", results)
		}
		synctest.Wait()
		if subscribing.Err() == nil || gs.Stats().Groups != 0 {
			t.Error("the subscription goes on although nobody waits for it")
		}
		begin("late", t.Context(), late)
		synctest.Wait()
		close(confirmed)
		joins.Wait()
		if results["late"] != nil {
			t.Errorf("Join returns %v", results["late"])
		}
		publish(t, gs, "x", "hello")
		late.receives(t, "hello")
	})
}

// A subscription that becomes active at the moment when the last Join ends is closed. Other
// calls keep Groups busy, so that the two meet.
func TestJoinEndsWhenSubscribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const busyGroups = 2000
		broker, open := countSubscriptions()
		gs := group.New(broker, group.Options{UnsubscribeDelay: -1})
		e := connect(t, ws.Options{})
		for i := range busyGroups {
			join(t, gs, fmt.Sprint("busy", i), e)
		}
		ctx, stop := context.WithCancel(t.Context())
		var busy, joins sync.WaitGroup
		for range 3 {
			busy.Go(func() {
				for ctx.Err() == nil {
					for range gs.Names() {
					}
				}
			})
		}
		for i := range 200 {
			ctx, cancel := context.WithCancel(t.Context())
			joins.Go(cancel)
			joins.Go(func() {
				_ = gs.Join(ctx, fmt.Sprint("x", i), e.Session) // the context ends, or not
				gs.Leave(fmt.Sprint("x", i), e.Session)
			})
		}
		joins.Wait()
		stop()
		busy.Wait()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if n, groups := open.Load(), gs.Stats().Groups; n != busyGroups || groups != busyGroups {
			t.Errorf("%d subscriptions for %d groups, want %d", n, groups, busyGroups)
		}
	})
}

// One subscription serves all members of a group. It ends some time after the last one
// has left, unless there are new ones.
func TestSubscriptions(t *testing.T) {
	for _, test := range []struct {
		name  string
		delay time.Duration // the option
		kept  time.Duration // how long the subscription is kept
	}{
		{"by default", 0, 5 * time.Second},
		{"with a delay", time.Hour, time.Hour},
		{"without a delay", -1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var closers []*closer
				broker := &fakeBroker{subscribe: func(context.Context, string, func(group.Event)) (io.Closer, error) {
					closers = append(closers, new(closer))
					return closers[len(closers)-1], nil
				}}
				gs := group.New(broker, group.Options{UnsubscribeDelay: test.delay})
				a, b := connect(t, ws.Options{}), connect(t, ws.Options{})
				var joins sync.WaitGroup
				for _, e := range []end{a, b} {
					joins.Go(func() { join(t, gs, "x", e) })
				}
				joins.Wait()
				gs.Leave("x", a.Session)
				gs.Leave("x", b.Session)
				if test.kept > 0 {
					time.Sleep(test.kept - 1)
					join(t, gs, "x", a)
					time.Sleep(2 * test.kept)
					gs.Leave("x", a.Session)
					time.Sleep(test.kept - 1)
				}
				if len(closers) != 1 || test.kept > 0 && closers[0].closed.Load() != 0 {
					t.Errorf("%d subscriptions", len(closers))
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if closers[0].closed.Load() != 1 || gs.Stats().Groups != 0 {
					t.Errorf("the subscription was closed %d times, stats %+v", closers[0].closed.Load(), gs.Stats())
				}
				join(t, gs, "x", a)
				if len(closers) != 2 {
					t.Errorf("%d subscriptions", len(closers))
				}
			})
		})
	}
}

// The end of the last session ends the subscription as Leave does.
func TestSubscriptionEndsAfterSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		subscription := new(closer)
		broker := &fakeBroker{subscribe: func(context.Context, string, func(group.Event)) (io.Closer, error) {
			return subscription, nil
		}}
		gs := group.New(broker, group.Options{UnsubscribeDelay: time.Minute})
		e := member(t, gs, "x")
		e.client.Session.Close(ws.CloseReason{})
		e.client.Stream.Discard()
		<-e.Done()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := subscription.closed.Load(); n != 1 {
			t.Errorf("the subscription was closed %d times", n)
		}
	})
}

// Any sequence of joins and leaves results in the members that a set has.
func TestMembersAfterManyChanges(t *testing.T) {
	gs := group.New(nil, group.Options{})
	var sessions []*ws.Session
	for range 12 {
		sessions = append(sessions, connect(t, ws.Options{}).Session)
	}
	want := map[*ws.Session]bool{}
	for range 2000 {
		session := sessions[rand.IntN(len(sessions))]
		if rand.IntN(2) == 0 {
			if err := gs.Join(t.Context(), "x", session); err != nil {
				t.Fatal(err)
			}
			want[session] = true
		} else {
			gs.Leave("x", session)
			delete(want, session)
		}
		if got := maps.Collect(withTrue(gs.Members("x"))); !maps.Equal(got, want) {
			t.Fatalf("%d members, want %d", len(got), len(want))
		}
	}
}

// What Join and Leave cost does not depend on how many groups a session is a member of.
func TestJoinManyGroups(t *testing.T) {
	inFew, inMany := group.New(nil, group.Options{UnsubscribeDelay: -1}), group.New(nil, group.Options{UnsubscribeDelay: -1})
	a, b := connect(t, ws.Options{}), connect(t, ws.Options{})
	for i := range 20_000 {
		join(t, inMany, fmt.Sprint("y", i), b)
	}
	cost := func(gs *group.Groups, e end) time.Duration {
		began := time.Now()
		for i := range 200 {
			join(t, gs, fmt.Sprint("x", i), e)
		}
		for i := range 200 {
			gs.Leave(fmt.Sprint("x", i), e.Session)
		}
		return time.Since(began)
	}
	few, many := leastOfBoth(func() time.Duration { return cost(inFew, a) }, func() time.Duration { return cost(inMany, b) })
	if many > 10*few {
		t.Errorf("200 calls cost %v in few groups and %v in many", few, many)
	}
}

// One session may be a member of few groups or of many.
func TestSessionInManyGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs := group.New(nil, group.Options{})
		e := connect(t, ws.Options{})
		want := map[string]bool{}
		for range 2000 {
			name := fmt.Sprint(rand.IntN(40))
			if rand.IntN(3) > 0 {
				join(t, gs, name, e)
				want[name] = true
			} else {
				gs.Leave(name, e.Session)
				delete(want, name)
			}
			if got := maps.Collect(withTrue(gs.Names())); !maps.Equal(got, want) || gs.Stats().Members != len(want) {
				t.Fatalf("member of %v, want %v", got, want)
			}
		}
		e.client.Session.Close(ws.CloseReason{})
		e.client.Stream.Discard()
		<-e.Done()
		synctest.Wait()
		if n := gs.Stats().Members; n != 0 {
			t.Errorf("member of %d groups after the end", n)
		}
	})
}

// withTrue pairs each value of a sequence with true.
func withTrue[T any](values iter.Seq[T]) iter.Seq2[T, bool] {
	return func(yield func(T, bool) bool) {
		values(func(v T) bool { return yield(v, true) })
	}
}

func TestMembersAndNames(t *testing.T) {
	gs := group.New(nil, group.Options{})
	a, b := member(t, gs, "x"), member(t, gs, "x")
	join(t, gs, "y", a)
	join(t, gs, "z", a)
	gs.Leave("z", a.Session)
	names := slices.Sorted(gs.Names())
	if fmt.Sprint(names) != "[x y]" {
		t.Errorf("names: %v", names)
	}
	for range gs.Names() {
		break
	}
	found := map[*ws.Session]int{}
	for session := range gs.Members("x") {
		found[session]++
		gs.Leave("x", b.Session) // the loop holds no lock
	}
	if found[a.Session] != 1 || found[b.Session] > 1 || gs.Len("x") != 1 || gs.Len("y") != 1 || gs.Len("nobody") != 0 {
		t.Errorf("members: %v", found)
	}
	for range gs.Members("y") {
		break
	}
	for range gs.Members("nobody") {
		t.Error("a group without members has one")
	}
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &group.MemoryBroker{}
		gs, other := group.New(broker, group.Options{}), group.New(broker, group.Options{})
		e := member(t, gs, "x")
		join(t, gs, "y", e)
		if err := gs.Close(); err != nil {
			t.Error(err)
		}
		if err := gs.Close(); err != nil {
			t.Error(err)
		}
		publish(t, other, "x", "after Close")
		e.receivesNothing(t)
		if e.Err() != nil || gs.Len("x") != 0 || gs.Stats().Members != 0 || gs.Stats().Groups != 0 {
			t.Errorf("the session has ended with %v, stats %+v", e.Err(), gs.Stats())
		}
		for range gs.Members("x") {
			t.Error("there is a member")
		}
		for range gs.Names() {
			t.Error("there is a group")
		}
		gs.Leave("x", e.Session)
	})
}

// Close ends a Join that waits for the broker, at once.
func TestCloseWhileSubscribing(t *testing.T) {
	for _, confirms := range []bool{false, true} {
		t.Run(fmt.Sprintf("confirmed=%v", confirms), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				subscription := new(closer)
				end := make(chan struct{})
				broker := &fakeBroker{subscribe: func(ctx context.Context, _ string, _ func(group.Event)) (io.Closer, error) {
					<-ctx.Done()
					if confirms {
						<-end
						return subscription, nil
					}
					return nil, ctx.Err()
				}}
				gs := group.New(broker, group.Options{})
				e := connect(t, ws.Options{})
				joined := make(chan error)
				go func() { joined <- gs.Join(t.Context(), "x", e.Session) }()
				synctest.Wait()
				gs.Close()
				if err := <-joined; err != group.ErrClosed {
					t.Errorf("Join returns %v", err)
				}
				close(end)
				synctest.Wait()
				if confirms != (subscription.closed.Load() == 1) {
					t.Errorf("the subscription was closed %d times", subscription.closed.Load())
				}
			})
		})
	}
}
