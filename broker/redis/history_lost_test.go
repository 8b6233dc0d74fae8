package redis_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/machinetest"
)

// What is missed while the connection is lost is delivered from the stream.
func TestHistoryCatchesUp(t *testing.T) {
	s := startServer(t, "--port", freePort(t))
	proxy := machinetest.StartProxy(t, s.address())
	a := newHistory(t, s.client(), redis.HistoryOptions{History: 1000})
	b := newHistory(t, newClient(t, "tcp", proxy.Addr), redis.HistoryOptions{History: 1000})
	for _, test := range []struct {
		name         string
		before, lost int // messages
		data         string
	}{
		{"nothing", 1, 0, ""},
		{"nothing of a group without messages", 0, 0, ""},
		{"the first messages", 0, 3, ""},
		{"some messages", 3, 4, ""},
		{"more than one page", 3, 500, ""},
		{"more bytes than one page", 3, 10, strings.Repeat("x", 100<<10)},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := subscribe(t, b, test.name)
			publishNumbers(t, a, test.name, 1, test.before)
			if test.before > 0 {
				r.untilText(t, strconv.Itoa(test.before))
			}
			proxy.Stall()
			for n := range test.lost {
				publish(t, a, test.name, strconv.Itoa(test.before+n+1)+test.data)
			}
			proxy.Cut()
			proxy.Resume()
			publish(t, a, test.name, "after")
			events := r.untilText(t, "after")
			for i := range events {
				if text, ok := strings.CutSuffix(string(events[i].Data), test.data); ok {
					events[i].Data = []byte(text)
				}
			}
			wantTexts(t, events, append(numbers(1, test.before+test.lost), "after")...)
			for i, e := range events {
				if e.Position.Offset != uint64(i+1) {
					t.Fatalf("message %d has position %v", i+1, e.Position)
				}
			}
		})
	}
}

// Only what is not stored any more is a gap; the rest of what was missed follows it.
func TestHistoryTrimmed(t *testing.T) {
	s := startServer(t, "--port", freePort(t))
	proxy := machinetest.StartProxy(t, s.address())
	a := newHistory(t, s.client(), redis.HistoryOptions{History: 10})
	b := newHistory(t, newClient(t, "tcp", proxy.Addr), redis.HistoryOptions{History: 10})
	r := subscribe(t, b, "group")
	publishNumbers(t, a, "group", 1, 5)
	r.untilText(t, "5")
	proxy.Stall()
	publishNumbers(t, a, "group", 6, 300)
	proxy.Cut()
	proxy.Resume()
	publish(t, a, "group", "301")
	events := r.untilText(t, "301")
	i := slices.IndexFunc(events, func(e group.Event) bool { return e.Gap != nil })
	first := int(events[min(i+1, len(events)-1)].Position.Offset)
	if i != 5 || gaps(events) != 1 || first < 190 || first > 292 {
		t.Fatalf("received %q", texts(events))
	}
	wantTexts(t, events[6:], numbers(first, 301)...)
	if n, _ := strconv.Atoi(s.do("XLEN", "handset:s:group")); n < 10 || n > 110 {
		t.Errorf("%d messages are stored, want 10 to 110", n)
	}
}

// A subscription that is too slow reads from the stream what did not fit into its queue.
func TestHistorySlow(t *testing.T) {
	s := startServer(t)
	a := newHistory(t, s.client(), redis.HistoryOptions{History: 1000})
	b := newHistory(t, s.client(), redis.HistoryOptions{History: 1000, Options: redis.Options{PendingBytes: 1}})
	proceed := make(chan struct{})
	r := subscribeWith(t, b, "group", func(group.Event) { <-proceed })
	data := strings.Repeat("x", 10<<10)
	var want []string
	for n := range 50 {
		want = append(want, strconv.Itoa(n)+data)
		publish(t, a, "group", want[n])
	}
	close(proceed)
	publish(t, a, "group", "after")
	wantTexts(t, r.untilText(t, "after"), append(want, "after")...)
}

// A new epoch begins when messages may have been lost that nobody knows of.
func TestHistoryEpoch(t *testing.T) {
	for _, test := range []struct {
		name    string
		args    []string
		options redis.HistoryOptions
		lose    func(t *testing.T, s *server)
	}{
		{"FLUSHALL", nil, redis.HistoryOptions{}, func(t *testing.T, s *server) { s.do("FLUSHALL") }},
		{"the hash is evicted", nil, redis.HistoryOptions{}, func(t *testing.T, s *server) { s.do("DEL", "handset:e:group") }},
		{"the stream is evicted", nil, redis.HistoryOptions{}, func(t *testing.T, s *server) { s.do("DEL", "handset:s:group") }},
		{"a restart without data", nil, redis.HistoryOptions{}, restart},
		{"a restart with data", []string{"--appendonly", "yes"}, redis.HistoryOptions{}, restart},
		{"an older state, as of a replica", nil, redis.HistoryOptions{Durable: true}, func(t *testing.T, s *server) {
			s.do("DEL", "handset:s:group")
			s.do("XADD", "handset:s:group", "0-1", "d", "1")
			s.do("XADD", "handset:s:group", "0-2", "d", "2")
			s.do("CLIENT", "KILL", "TYPE", "pubsub")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := startServer(t, test.args...)
			a, b := newHistory(t, s.client(), test.options), newHistory(t, s.client(), test.options)
			r := subscribe(t, b, "group")
			publishNumbers(t, a, "group", 1, 3)
			before := r.untilText(t, "3")[2].Position
			test.lose(t, s)
			if test.options.Durable {
				r.untilGap(t, 1)
			}
			publishSoon(t, a, "group", "4")
			events := r.untilText(t, "4")
			wantTexts(t, events, "1", "2", "3", "gap", "4")
			after := events[len(events)-1].Position
			if after.Epoch == before.Epoch {
				t.Errorf("the epoch is still %q", after.Epoch)
			}
			if _, err := a.After(within(t), "group", before, 100); !errors.Is(err, group.ErrCannotResume) {
				t.Errorf("After: %v, want ErrCannotResume", err)
			}
		})
	}
}

func restart(t *testing.T, s *server) {
	s.kill()
	s.start()
}

// If Redis keeps everything, positions survive its restart.
func TestHistoryDurable(t *testing.T) {
	s := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	options := redis.HistoryOptions{Durable: true}
	a, b := newHistory(t, s.client(), options), newHistory(t, s.client(), options)
	r := subscribe(t, b, "group")
	publishNumbers(t, a, "group", 1, 3)
	at := r.untilText(t, "3")[0].Position
	restart(t, s)
	publishSoon(t, a, "group", "4")
	wantTexts(t, r.untilText(t, "4"), numbers(1, 4)...)
	entries, err := b.After(within(t), "group", at, 100)
	if err != nil || len(entries) != 3 {
		t.Errorf("After: %d entries, %v", len(entries), err)
	}
}

// Redis deletes groups that are not used, but not those with a subscription.
func TestHistoryRetention(t *testing.T) {
	s := startServer(t)
	b := newHistory(t, s.client(), redis.HistoryOptions{Retention: 2 * time.Second})
	r := subscribe(t, b, "used")
	publish(t, b, "used", "1")
	publish(t, b, "unused", "1")
	keys := func(name string) string { return s.do("EXISTS", "handset:e:"+name, "handset:s:"+name) }
	await(t, "the group that is not used expires", func() bool { return keys("unused") == "0" })
	if got := keys("used"); got != "2" {
		t.Errorf("%s of 2 keys exist of the group that is used", got)
	}
	publish(t, b, "used", "2")
	wantTexts(t, r.untilText(t, "2"), "1", "2")
	s.do("FLUSHALL") // soon after a publish that has begun the retention again
	publish(t, b, "used", "3")
	r.close()
	await(t, "the other expires after its subscription", func() bool { return keys("used") == "0" })
}

// await waits until something is true that no event announces.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s", what)
		}
	}
}

// A server that has forgotten the scripts is sent them again.
func TestHistoryScriptFlush(t *testing.T) {
	s := startServer(t)
	b := newHistory(t, s.client(), redis.HistoryOptions{})
	r := subscribe(t, b, "group")
	for n := range 3 {
		s.do("SCRIPT", "FLUSH")
		publish(t, b, "group", strconv.Itoa(n))
	}
	wantTexts(t, r.untilText(t, "2"), "0", "1", "2")
}

// What others publish on the channel is not a message of the group.
func TestHistoryForeignMessage(t *testing.T) {
	s := startServer(t)
	b := newHistory(t, s.client(), redis.HistoryOptions{})
	r := subscribe(t, b, "group")
	for _, text := range []string{"", "text", "epoch:x:data", ":::"} {
		s.do("PUBLISH", "handset:h:group", text)
	}
	publish(t, b, "group", "after")
	wantTexts(t, r.untilText(t, "after"), "gap", "gap", "gap", "gap", "after")
}

// A server that accepts no writes is not available, and a replica is not used.
func TestHistoryReadOnly(t *testing.T) {
	s := startServer(t)
	b := newHistory(t, s.client(), redis.HistoryOptions{})
	publish(t, b, "group", "before")
	s.do("REPLICAOF", "127.0.0.1", "1")
	for range 20 {
		if err := b.Publish(within(t), "group", []byte("lost")); !errors.Is(err, group.ErrUnavailable) {
			t.Fatalf("Publish: %v, want ErrUnavailable", err)
		}
	}
	s.do("REPLICAOF", "NO", "ONE")
	publishSoon(t, b, "group", "after")
}
