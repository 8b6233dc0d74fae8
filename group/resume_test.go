package group_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

func TestJoinRecent(t *testing.T) {
	for _, test := range []struct {
		name      string
		published []string
		n         int
		want      []string
	}{
		{"fewer than there are", []string{"a", "b", "c"}, 2, []string{"b", "c"}},
		{"more than there are", []string{"a", "b"}, 10, []string{"a", "b"}},
		{"more than are stored", []string{"a", "b", "c", "d", "e"}, 10, []string{"b", "c", "d", "e"}},
		{"none", []string{"a"}, 0, nil},
		{"a negative number", []string{"a"}, -1, nil},
		{"of a group without messages", nil, 10, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			gs := group.New(&group.MemoryBroker{History: 4}, group.Options{})
			publish(t, gs, "x", test.published...)
			e, other := connect(t, ws.Options{}), connect(t, ws.Options{})
			at, err := gs.JoinRecent(t.Context(), "x", e.Session, test.n)
			if err != nil || at.Epoch == "" || at.Offset != uint64(len(test.published)) {
				t.Fatalf("JoinRecent returns %v, %v", at, err)
			}
			publish(t, gs, "x", "new")
			e.receives(t, append(test.want, "new")...)
			if err := gs.Resume(t.Context(), "x", other.Session, at); err != nil {
				t.Fatal(err)
			}
			publish(t, gs, "x", "newer")
			other.receives(t, "new", "newer")
			e.receives(t, "newer")
		})
	}
}

func TestResume(t *testing.T) {
	gs := group.New(&group.MemoryBroker{History: 4}, group.Options{MaxResume: 3})
	texts := []string{"1", "2", "3", "4", "5", "6"}
	publish(t, gs, "x", texts...)
	epoch := stay(t, gs).Epoch
	for _, test := range []struct {
		name  string
		after group.Position
		want  int // the first message received; 0 if it cannot resume
	}{
		{"after the newest", group.Position{Epoch: epoch, Offset: 6}, 7},
		{"as many as the limit", group.Position{Epoch: epoch, Offset: 3}, 4},
		{"more than the limit", group.Position{Epoch: epoch, Offset: 2}, 0},
		{"not stored any more", group.Position{Epoch: epoch, Offset: 1}, 0},
		{"after a later message", group.Position{Epoch: epoch, Offset: 7}, 0},
		{"another epoch", group.Position{Epoch: "other", Offset: 6}, 0},
		{"no position", group.Position{}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := connect(t, ws.Options{})
			err := gs.Resume(t.Context(), "x", e.Session, test.after)
			if test.want == 0 {
				if err != group.ErrCannotResume || gs.Len("x") != 1 {
					t.Errorf("Resume returns %v, %d members", err, gs.Len("x"))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e.receives(t, texts[test.want-1:]...)
			if err := gs.PublishLocal("x", ws.Text, []byte("local")); err != nil {
				t.Fatal(err)
			}
			e.receives(t, "local")
			gs.Leave("x", e.Session)
		})
	}
}

// stay joins a group with a member that stays, and returns its position.
func stay(t *testing.T, gs *group.Groups) group.Position {
	t.Helper()
	at, err := gs.JoinRecent(t.Context(), "x", connect(t, ws.Options{}).Session, 0)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestMaxResume(t *testing.T) {
	for option, limit := range map[int]int{0: 1000, 1: 1, -1: 0, math.MinInt: 0, math.MaxInt: math.MaxInt} {
		broker := new(fakeBroker)
		gs := group.New(broker, group.Options{MaxResume: option})
		err := gs.Resume(t.Context(), "x", connect(t, ws.Options{}).Session, group.Position{Epoch: "e"})
		if err != group.ErrCannotResume || broker.limit != limit {
			t.Errorf("MaxResume %d: Resume returns %v with a limit of %d, want %d", option, err, broker.limit, limit)
		}
	}
}

func TestResumeRefuses(t *testing.T) {
	gs := group.New(&group.MemoryBroker{History: 1}, group.Options{})
	at := stay(t, gs)
	e := member(t, gs, "x")
	if err := gs.Resume(t.Context(), "x", e.Session, at); err != group.ErrMember {
		t.Errorf("Resume of a member returns %v", err)
	}
	if _, err := gs.JoinRecent(t.Context(), "x", e.Session, 1); err != group.ErrMember {
		t.Errorf("JoinRecent of a member returns %v", err)
	}
	publish(t, gs, "x", "still a member")
	e.receives(t, "still a member")
	gs = group.New(withoutHistory{new(group.MemoryBroker)}, group.Options{})
	if err := gs.Resume(t.Context(), "x", e.Session, at); err != group.ErrNoHistory {
		t.Errorf("Resume without a history returns %v", err)
	}
	if _, err := gs.JoinRecent(t.Context(), "x", e.Session, 1); err != group.ErrNoHistory {
		t.Errorf("JoinRecent without a history returns %v", err)
	}
	gs = group.New(nil, group.Options{})
	if err := gs.Resume(t.Context(), "x", e.Session, at); err != group.ErrCannotResume {
		t.Errorf("Resume with an empty history returns %v", err)
	}
}

// While others publish, what a client receives by resuming again and again has neither
// holes nor duplicates.
func TestResumeWhilePublishing(t *testing.T) {
	const messages, sessions = 1000, 60 // fewer messages than a member keeps while it catches up
	broker := &group.MemoryBroker{History: messages}
	format := func(m group.Message) []byte { return strconv.AppendUint(nil, m.Position.Offset, 10) }
	gs := group.New(broker, group.Options{Format: format, MaxResume: messages})
	at := stay(t, gs)
	ctx, cancel := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	for range 2 {
		publishing.Go(func() {
			for i := 0; i < messages/2 && ctx.Err() == nil; i++ {
				if err := gs.Publish(ctx, "x", ws.Text, nil); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	defer publishing.Wait()
	defer cancel()
	for range sessions {
		e := connect(t, ws.Options{})
		if err := gs.Resume(t.Context(), "x", e.Session, at); err != nil {
			t.Fatal(err)
		}
		if at.Offset == messages {
			break
		}
		for range min(10, messages-at.Offset) {
			at.Offset++
			e.receives(t, fmt.Sprint(at.Offset))
		}
		gs.Leave("x", e.Session)
	}
}

// What arrives while stored messages are loaded and sent is sent after them.
func TestMessagesArriveWhileCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loaded := make(chan struct{})
		broker := &fakeBroker{}
		broker.History = 10
		var epoch string
		broker.recent = func(ctx context.Context) ([]group.Entry, group.Position, error) {
			<-loaded
			return []group.Entry{entry("1", epoch, 1), {Data: []byte("invalid")}, entry("2", epoch, 2)}, group.Position{Epoch: epoch, Offset: 2}, nil
		}
		gs := group.New(broker, group.Options{})
		_, at, _ := broker.MemoryBroker.Recent(t.Context(), "x", 0)
		epoch = at.Epoch
		e := connect(t, ws.Options{})
		joined := make(chan error)
		go func() {
			_, err := gs.JoinRecent(t.Context(), "x", e.Session, 10)
			joined <- err
		}()
		synctest.Wait()
		publish(t, gs, "x", "1", "2", "3")
		gs.PublishLocal("x", ws.Text, []byte("local"))
		publish(t, gs, "x", "4")
		close(loaded)
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		publish(t, gs, "x", "5")
		e.receives(t, "1", "2", "3", "local", "4", "5")
		e.receivesNothing(t)
		if stats := gs.Stats(); stats.Invalid != 1 || stats.Delivered != 6 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

// A broker may deliver stored messages late, also after the member has caught up.
func TestStoredMessagesArriveLate(t *testing.T) {
	for _, when := range []string{"while catching up", "after catching up"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var receive func(group.Event)
				late := func() {
					for i := range uint64(5) {
						receive(group.Event{Entry: entry(fmt.Sprint(i+1), "e", i+1)})
					}
				}
				broker := new(fakeBroker)
				broker.subscribe = func(_ context.Context, _ string, r func(group.Event)) (io.Closer, error) {
					receive = r
					return new(closer), nil
				}
				broker.after = func() ([]group.Entry, error) {
					if when == "while catching up" {
						late()
					}
					return []group.Entry{entry("3", "e", 3), entry("4", "e", 4)}, nil
				}
				gs := group.New(broker, group.Options{})
				e := connect(t, ws.Options{})
				if err := gs.Resume(t.Context(), "x", e.Session, group.Position{Epoch: "e", Offset: 2}); err != nil {
					t.Fatal(err)
				}
				if when == "after catching up" {
					late()
				}
				e.receives(t, "3", "4", "5")
				e.receivesNothing(t)
			})
		})
	}
}

// A message that excludes a session is not sent to it when it is stored, either.
func TestJoinRecentExcludes(t *testing.T) {
	gs := group.New(&group.MemoryBroker{History: 10}, group.Options{})
	e, other := member(t, gs, "x"), connect(t, ws.Options{})
	publish(t, gs, "x", "1")
	if err := gs.PublishExcept(t.Context(), "x", ws.Text, []byte("2"), e.Session); err != nil {
		t.Fatal(err)
	}
	gs.Leave("x", e.Session)
	for _, joins := range []end{e, other} {
		if _, err := gs.JoinRecent(t.Context(), "x", joins.Session, 10); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, gs, "x", "3")
	e.receives(t, "1", "1", "3")
	other.receives(t, "1", "2", "3")
}

// A session is excluded also if it had not joined any group when the message was published.
func TestJoinRecentExcludesBeforeJoin(t *testing.T) {
	gs := group.New(&group.MemoryBroker{History: 10}, group.Options{})
	e := connect(t, ws.Options{})
	publish(t, gs, "x", "1")
	if err := gs.PublishExcept(t.Context(), "x", ws.Text, []byte("2"), e.Session); err != nil {
		t.Fatal(err)
	}
	if _, err := gs.JoinRecent(t.Context(), "x", e.Session, 10); err != nil {
		t.Fatal(err)
	}
	publish(t, gs, "x", "3")
	e.receives(t, "1", "3")
}

// A late message of an old epoch is not taken for a sign that the stored messages of the
// new one have arrived.
func TestStoredMessagesArriveLateAfterOldEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var receive func(group.Event)
		broker := new(fakeBroker)
		broker.subscribe = func(_ context.Context, _ string, r func(group.Event)) (io.Closer, error) {
			receive = r
			return new(closer), nil
		}
		broker.after = func() ([]group.Entry, error) {
			return []group.Entry{entry("1", "new", 1), entry("2", "new", 2)}, nil
		}
		gs := group.New(broker, group.Options{})
		e := connect(t, ws.Options{})
		if err := gs.Resume(t.Context(), "x", e.Session, group.Position{Epoch: "new"}); err != nil {
			t.Fatal(err)
		}
		for _, late := range []group.Entry{entry("old", "old", 7), entry("1", "new", 1), entry("2", "new", 2), entry("3", "new", 3)} {
			receive(group.Event{Entry: late})
		}
		e.receives(t, "1", "2", "old", "3")
		e.receivesNothing(t)
	})
}

func TestCatchingUpFails(t *testing.T) {
	failed := errors.New("failed")
	for _, test := range []struct {
		name string
		do   func(t *testing.T, gs *group.Groups, e end, cancel func())
		want error
	}{
		{"the session leaves", func(t *testing.T, gs *group.Groups, e end, _ func()) { gs.Leave("x", e.Session) }, group.ErrLeft},
		{"the groups are closed", func(t *testing.T, gs *group.Groups, e end, _ func()) { gs.Close() }, group.ErrClosed},
		{"the context ends", func(t *testing.T, _ *group.Groups, _ end, cancel func()) { cancel() }, context.Canceled},
		{"too many messages arrive", func(t *testing.T, gs *group.Groups, _ end, _ func()) {
			for range 1025 {
				publish(t, gs, "x", "more")
			}
		}, group.ErrTooSlow},
		{"the broker fails", nil, failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				broker := &fakeBroker{}
				loaded := make(chan struct{})
				broker.recent = func(ctx context.Context) ([]group.Entry, group.Position, error) {
					select {
					case <-loaded:
						return nil, group.Position{}, nil
					case <-ctx.Done():
						return nil, group.Position{}, ctx.Err()
					}
				}
				if test.do == nil {
					broker.recent = func(context.Context) ([]group.Entry, group.Position, error) { return nil, group.Position{}, failed }
				}
				gs := group.New(broker, group.Options{})
				e := connect(t, ws.Options{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				joined := make(chan error, 1)
				go func() {
					_, err := gs.JoinRecent(ctx, "x", e.Session, 10)
					joined <- err
				}()
				synctest.Wait()
				if test.do != nil {
					test.do(t, gs, e, cancel)
				}
				synctest.Wait()
				close(loaded)
				if err := <-joined; err != test.want {
					t.Errorf("JoinRecent returns %v, want %v", err, test.want)
				}
				if n := gs.Len("x"); n != 0 {
					t.Errorf("%d members", n)
				}
				gs.Publish(t.Context(), "x", ws.Text, []byte("later"))
				e.receivesNothing(t)
			})
		})
	}
}

// Leave and Close wait for a send in progress, also if another call has begun to wait.
func TestLeaveWhileLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loaded := make(chan struct{})
		broker := &fakeBroker{recent: func(context.Context) ([]group.Entry, group.Position, error) {
			<-loaded // whatever the context
			return nil, group.Position{}, nil
		}}
		gs := group.New(broker, group.Options{})
		e := connect(t, ws.Options{})
		var joining, leaving sync.WaitGroup
		joining.Go(func() {
			if _, err := gs.JoinRecent(t.Context(), "x", e.Session, 10); err == nil {
				t.Error("JoinRecent returns nil")
			}
		})
		synctest.Wait()
		var returned atomic.Int64
		for _, leave := range []func(){
			func() { gs.Leave("x", e.Session) },
			func() { gs.Leave("x", e.Session) },
			func() { gs.Close() },
			func() { gs.Close() },
			func() { gs.Leave("x", e.Session) },
		} {
			leaving.Go(func() { leave(); returned.Add(1) })
			synctest.Wait()
		}
		if n := returned.Load(); n != 0 {
			t.Errorf("%d calls have not waited", n)
		}
		close(loaded)
		joining.Wait()
		leaving.Wait()
		if stats := gs.Stats(); stats.Members != 0 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

// The error of a session that ends is that of the session.
func TestSessionEndsWhileCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &fakeBroker{recent: func(ctx context.Context) ([]group.Entry, group.Position, error) {
			<-ctx.Done()
			return nil, group.Position{}, ctx.Err()
		}}
		gs := group.New(broker, group.Options{})
		e := connect(t, ws.Options{})
		time.AfterFunc(time.Second, func() {
			e.client.Session.Close(ws.CloseReason{})
			e.client.Stream.Discard()
		})
		if _, err := gs.JoinRecent(t.Context(), "x", e.Session, 10); !errors.Is(err, ws.ErrClosed) {
			t.Errorf("JoinRecent returns %v", err)
		}
	})
}

// A session whose join panics, in a goroutine that recovers, is no member.
func TestFormatPanicsWhileCatchingUp(t *testing.T) {
	gs := group.New(&group.MemoryBroker{History: 1}, group.Options{Format: func(group.Message) []byte { panic("in Format") }})
	publish(t, gs, "x", "1") // nobody has subscribed
	e := connect(t, ws.Options{})
	func() {
		defer func() { _ = recover() }()
		_, _ = gs.JoinRecent(t.Context(), "x", e.Session, 1)
	}()
	if stats := gs.Stats(); stats.Members != 0 {
		t.Errorf("stats: %+v", stats)
	}
}

// A slow member waits for its own send queue while it catches up.
func TestCatchUpWaitsForPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs := group.New(&group.MemoryBroker{History: 300}, group.Options{})
		texts := flood(t, gs, "x", 200)
		e := connect(t, ws.Options{})
		joined := make(chan error, 1)
		go func() {
			_, err := gs.JoinRecent(t.Context(), "x", e.Session, 300)
			joined <- err
		}()
		synctest.Wait()
		select {
		case err := <-joined:
			t.Fatalf("JoinRecent returns %v although the client has not received all", err)
		default:
		}
		publish(t, gs, "x", "new")
		e.receives(t, append(texts, "new")...)
		if err := <-joined; err != nil {
			t.Error(err)
		}
	})
}

func TestPosition(t *testing.T) {
	for _, p := range []group.Position{{}, {Epoch: "5f0c", Offset: 42}, {Epoch: "x"}, {Offset: 1}} {
		text, err := p.MarshalText()
		var back group.Position
		if back.Epoch = "before"; err != nil || back.UnmarshalText(text) != nil || back != p {
			t.Errorf("%v became %q and then %v, %v", p, text, back, err)
		}
	}
	for _, text := range []string{"x", "x:", "x:-1", "x:1:2", "x:18446744073709551616", ":", string(make([]byte, 300)) + ":1"} {
		p := group.Position{Epoch: "before"}
		if err := p.UnmarshalText([]byte(text)); err == nil || p.Epoch != "before" {
			t.Errorf("%q became %v", text, p)
		}
	}
}
