package group_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// events returns Groups with one member of the group "x", and the function that their
// broker calls for events. gaps has the errors of the gaps, in order.
func events(t *testing.T, gap func(gs *group.Groups, err error)) (gs *group.Groups, e end, receive func(group.Event), gaps *[]string) {
	t.Helper()
	gaps = new([]string)
	broker := &fakeBroker{subscribe: func(_ context.Context, _ string, r func(group.Event)) (io.Closer, error) {
		receive = r
		return new(closer), nil
	}}
	gs = group.New(broker, group.Options{Gap: func(name string, err error) {
		*gaps = append(*gaps, name+": "+err.Error())
		if gap != nil {
			gap(gs, err)
		}
	}})
	return gs, member(t, gs, "x"), receive, gaps
}

// A gap is reported between the messages that it is between.
func TestGapIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs, e, receive, gaps := events(t, func(gs *group.Groups, err error) {
			if err := gs.PublishLocal("x", ws.Text, []byte("reload")); err != nil {
				t.Error(err)
			}
		})
		receive(group.Event{Entry: entry("a", "e", 1)})
		receive(group.Event{Gap: errors.New("lost")})
		receive(group.Event{Entry: entry("b", "e", 5)})
		e.receives(t, "a", "reload", "b")
		e.receivesNothing(t)
		if !slices.Equal(*gaps, []string{"x: lost"}) || gs.Stats().Gaps != 1 {
			t.Errorf("gaps: %q, stats: %+v", *gaps, gs.Stats())
		}
	})
}

func TestReceiveDropsDuplicates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gs, e, receive, gaps := events(t, nil)
		for _, offset := range []uint64{1, 2, 2, 1, 4, 3, 5} {
			receive(group.Event{Entry: entry(fmt.Sprint(offset), "e", offset)})
		}
		e.receives(t, "1", "2", "4", "5")
		e.receivesNothing(t)
		if stats := gs.Stats(); stats.Duplicates != 3 || len(*gaps) != 0 {
			t.Errorf("stats: %+v, gaps: %q", stats, *gaps)
		}
	})
}

// A broker whose offsets begin again may have lost messages.
func TestNewEpochIsGap(t *testing.T) {
	gs, e, receive, gaps := events(t, nil)
	receive(group.Event{Entry: entry("1", "old", 7)})
	receive(group.Event{Entry: entry("2", "new", 1)})
	e.receives(t, "1", "2")
	if len(*gaps) != 1 || gs.Stats().Gaps != 1 {
		t.Errorf("gaps: %q", *gaps)
	}
}

func TestInvalidMessageIsGap(t *testing.T) {
	for _, data := range []string{"", "\x00text", "\x03text", "\x81", "\x81short", "\x01\xff"} {
		t.Run(fmt.Sprintf("%q", data), func(t *testing.T) {
			gs, e, receive, gaps := events(t, nil)
			receive(group.Event{Entry: group.Entry{Data: []byte(data)}})
			receive(group.Event{Entry: entry("next", "", 0)})
			e.receives(t, "next")
			if stats := gs.Stats(); stats.Invalid != 1 || stats.Gaps != 1 || len(*gaps) != 1 {
				t.Errorf("stats: %+v, gaps: %q", stats, *gaps)
			}
		})
	}
}

// What a broker delivers after the last member has left is dropped.
func TestReceiveWithoutMembers(t *testing.T) {
	gs, e, receive, _ := events(t, nil)
	gs.Leave("x", e.Session)
	receive(group.Event{Entry: entry("late", "", 0)})
	gs.Close()
	receive(group.Event{Entry: entry("later", "", 0)})
	if n := gs.Stats().Delivered; n != 0 {
		t.Errorf("%d messages were delivered", n)
	}
}

func FuzzReceive(f *testing.F) {
	for _, seed := range []string{"", "\x01text", "\x02\xff", "\x81", "\x8112345678abcdefghtext", "\x01\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		gs, e, receive, _ := events(t, nil)
		receive(group.Event{Entry: group.Entry{Data: data}})
		stats := gs.Stats()
		if stats.Delivered+stats.Invalid != 1 {
			t.Errorf("stats: %+v", stats)
		}
		if err := e.Text(t.Context(), "alive"); err != nil {
			t.Error(err)
		}
	})
}
