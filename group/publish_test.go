package group_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

func TestPublishReachesMembersInAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &group.MemoryBroker{}
		one, two := group.New(broker, group.Options{}), group.New(broker, group.Options{})
		a, b := member(t, one, "x"), member(t, two, "x")
		other := member(t, one, "y")
		publish(t, one, "x", "first", "")
		if err := two.Publish(t.Context(), "x", ws.Binary, []byte{0xff}); err != nil {
			t.Fatal(err)
		}
		for _, e := range []end{a, b} {
			e.receives(t, "first", "", "\xff")
		}
		other.receivesNothing(t)
		publish(t, one, "nobody", "unheard")
		a.receivesNothing(t)
	})
}

// The ids of sessions in different processes may be equal.
func TestPublishExcept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &group.MemoryBroker{}
		one, two := group.New(broker, group.Options{}), group.New(broker, group.Options{})
		sender, a, b := member(t, one, "x"), member(t, one, "x"), member(t, two, "x")
		outsider := connect(t, ws.Options{})
		for _, except := range []end{sender, outsider} {
			if err := one.PublishExcept(t.Context(), "x", ws.Text, []byte("hello"), except.Session); err != nil {
				t.Fatal(err)
			}
		}
		for _, e := range []end{a, b} {
			e.receives(t, "hello", "hello")
			e.receivesNothing(t)
		}
		sender.receives(t, "hello") // the outsider's
		sender.receivesNothing(t)
	})
}

func TestPublishRefuses(t *testing.T) {
	gs := group.New(nil, group.Options{})
	closed := group.New(nil, group.Options{})
	closed.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name    string
		groups  *group.Groups
		ctx     context.Context
		kind    ws.Kind
		data    string
		message string
	}{
		{"a control message", gs, t.Context(), ws.Ping, "", "group: kind is not Text or Binary"},
		{"text that is not UTF-8", gs, t.Context(), ws.Text, "\xff", "group: text is not UTF-8"},
		{"no context", gs, nil, ws.Text, "", "group: context is nil"},
		{"a context that has ended", gs, ended, ws.Text, "", "context canceled"},
		{"after Close", closed, t.Context(), ws.Text, "", "group: closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.groups.Publish(test.ctx, "x", test.kind, []byte(test.data))
			if err == nil || err.Error() != test.message {
				t.Errorf("Publish returns %v, want %q", err, test.message)
			}
		})
	}
	if n := gs.Stats().Published; n != 0 {
		t.Errorf("%d messages count as published", n)
	}
}

func TestPublishDoesNotKeepData(t *testing.T) {
	gs := group.New(&group.MemoryBroker{History: 1}, group.Options{})
	data := []byte("before")
	if err := gs.Publish(t.Context(), "x", ws.Text, data); err != nil {
		t.Fatal(err)
	}
	copy(data, "after!")
	e := connect(t, ws.Options{})
	if _, err := gs.JoinRecent(t.Context(), "x", e.Session, 1); err != nil {
		t.Fatal(err)
	}
	e.receives(t, "before")
}

func TestPublishFormatsOnceAProcess(t *testing.T) {
	var calls atomic.Int64
	broker := &group.MemoryBroker{History: 1}
	format := func(m group.Message) []byte {
		calls.Add(1)
		return fmt.Appendf(nil, "%s %v %s %d", m.Group, m.Kind, m.Data, m.Position.Offset)
	}
	one, two := group.New(broker, group.Options{Format: format}), group.New(broker, group.Options{Format: format})
	var members []end
	for range 5 {
		members = append(members, member(t, one, "x"), member(t, two, "x"))
	}
	publish(t, one, "x", "a", "b")
	for _, m := range members {
		m.receives(t, "x Text a 1", "x Text b 2")
	}
	if n := calls.Load(); n != 4 {
		t.Errorf("Format was called %d times for 2 messages in 2 processes", n)
	}
}

// What Format returns may be invalid. The members are then missing a message.
func TestPublishFormatReturnsInvalidText(t *testing.T) {
	var gap error
	gs := group.New(nil, group.Options{
		Format: func(group.Message) []byte { return []byte("\xff") },
		Gap:    func(_ string, err error) { gap = err },
	})
	member(t, gs, "x")
	publish(t, gs, "x", "a")
	if stats := gs.Stats(); gap == nil || stats.Invalid != 1 || stats.Gaps != 1 || stats.Delivered != 0 {
		t.Errorf("gap %v, stats %+v", gap, stats)
	}
}

// All members receive all messages in one order, in which those of each publisher are
// in order.
func TestPublishOrder(t *testing.T) {
	const publishers, messages = 4, 200
	gs := group.New(nil, group.Options{})
	members := []end{member(t, gs, "x"), member(t, gs, "x"), member(t, gs, "x")}
	var publishing, receiving sync.WaitGroup
	received := make([][]string, len(members))
	for i, m := range members {
		receiving.Go(func() {
			for range publishers * messages {
				received[i] = append(received[i], m.next(t))
			}
		})
	}
	for p := range publishers {
		publishing.Go(func() {
			for i := range messages {
				publish(t, gs, "x", fmt.Sprintf("%d %05d", p, i))
			}
		})
	}
	publishing.Wait()
	receiving.Wait()
	for p := range publishers {
		var of []string
		for _, text := range received[0] {
			if strings.HasPrefix(text, fmt.Sprint(p, " ")) {
				of = append(of, text)
			}
		}
		if !slices.IsSorted(of) || len(slices.Compact(of)) != messages {
			t.Errorf("messages of publisher %d arrived in another order", p)
		}
	}
	for i := range members {
		if !slices.Equal(received[i], received[0]) {
			t.Errorf("members 0 and %d received different orders", i)
		}
	}
}

func TestPublishLocal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &group.MemoryBroker{}
		one, two := group.New(broker, group.Options{}), group.New(broker, group.Options{})
		a, b := member(t, one, "x"), member(t, two, "x")
		for _, name := range []string{"x", "nobody"} {
			if err := one.PublishLocal(name, ws.Text, []byte("here")); err != nil {
				t.Fatal(err)
			}
		}
		a.receives(t, "here")
		b.receivesNothing(t)
		one.Close()
		if err := one.PublishLocal("x", ws.Text, nil); err != group.ErrClosed {
			t.Errorf("PublishLocal returns %v after Close", err)
		}
		if err := two.PublishLocal("x", ws.Close, nil); err == nil {
			t.Error("PublishLocal accepts a Close message")
		}
	})
}

func TestLocalFallback(t *testing.T) {
	unavailable := fmt.Errorf("%w: gone", group.ErrUnavailable)
	unknown := errors.New("connection lost")
	for _, test := range []struct {
		name      string
		fallback  bool
		err       error // of the broker
		delivered bool
	}{
		{"without the option an error delivers nothing", false, unavailable, false},
		{"if certainly not published it is delivered", true, unavailable, true},
		{"if perhaps published it is not", true, unknown, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				broker := &fakeBroker{publish: func(context.Context, string, []byte) error { return test.err }}
				gs := group.New(broker, group.Options{LocalFallback: test.fallback})
				a, b := member(t, gs, "x"), member(t, gs, "x")
				err := gs.PublishExcept(t.Context(), "x", ws.Text, []byte("hello"), b.Session)
				if !errors.Is(err, test.err) || errors.Is(err, group.ErrLocalOnly) != test.delivered {
					t.Errorf("Publish returns %v", err)
				}
				if test.delivered {
					a.receives(t, "hello")
				}
				a.receivesNothing(t)
				b.receivesNothing(t)
				if n := gs.Stats().LocalOnly; (n == 1) != test.delivered {
					t.Errorf("%d messages count as local", n)
				}
			})
		})
	}
}
