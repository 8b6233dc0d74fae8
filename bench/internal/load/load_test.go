package load

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// serving is a server whose answers go through change.
func serving(t *testing.T, change func(message []byte) []byte) Target {
	var (
		mu      sync.Mutex
		members []*websocket.Conn
	)
	// Who has been answered is a member before the next message is sent to all.
	accept := func(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			return nil, err
		}
		conn.SetReadLimit(-1)
		if r.URL.Path == "/join" || r.URL.Path == "/group" {
			members = append(members, conn)
		}
		return conn, nil
	}
	talk := func(conn *websocket.Conn, path string) {
		for {
			kind, message, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			message = change(message)
			switch path {
			case "/echo":
				conn.Write(context.Background(), kind, message)
			case "/push":
				for conn.Write(context.Background(), kind, message) == nil {
				}
			case "/talk", "/group":
				mu.Lock()
				for _, member := range members {
					member.Write(context.Background(), kind, message)
				}
				mu.Unlock()
			}
		}
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		conn, err := accept(w, r)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		talk(conn, r.URL.Path)
	}
	server := httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(server.Close)
	return Target{Addr: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))}
}

// loads are all that count messages, in small.
var loads = map[string]interface {
	Run(Target, Span) (Result, error)
}{
	"echo":      Echo{Conns: 3, InFlight: 1, Tape: TapeSpec{Opcode: Binary, Size: 125, Count: 4}},
	"burst":     Echo{Conns: 3, InFlight: 16, Tape: TapeSpec{Opcode: Text, Size: 125, Count: 4}},
	"huge":      Echo{Conns: 2, InFlight: 1, Tape: TapeSpec{Opcode: Binary, Size: 1 << 20, Count: 2}},
	"fragments": Echo{Conns: 2, InFlight: 2, Tape: TapeSpec{Opcode: Text, Size: 10_000, Fragment: 999, Count: 2}},
	"broadcast": Broadcast{Receivers: 5, InFlight: 3, Tape: TapeSpec{Opcode: Binary, Size: 125, Count: 4}},
	"alone":     Echo{Conns: 3, InFlight: 2, Tape: TapeSpec{Opcode: Text, Size: 1000, Count: 4, JSON: true, Deflate: Alone}},
	"takeover":  Echo{Conns: 3, InFlight: 2, Tape: TapeSpec{Opcode: Text, Size: 1000, Count: 4, JSON: true, Deflate: Takeover}},
	"room":      Broadcast{Receivers: 5, InFlight: 3, Tape: TapeSpec{Opcode: Text, Size: 1000, Count: 4, JSON: true, Deflate: Alone}},
	"group":     Group{Members: 5, Tape: jsonSpec},
	"push":      Push{Tape: TapeSpec{Opcode: Binary, Size: 125, Count: 4}},
}

func shortSpan() Span {
	start := time.Now()
	return Span{
		Warmup: time.Millisecond, Measure: 20 * time.Millisecond, Shared: true,
		CPU: func() (time.Duration, error) { return time.Since(start), nil },
	}
}

func TestALoadCountsWhatItGetsBack(t *testing.T) {
	for name, load := range loads {
		t.Run(name, func(t *testing.T) {
			target := serving(t, func(message []byte) []byte { return message })
			result, err := load.Run(target, shortSpan())
			if err != nil || result.Messages == 0 || result.Bytes < 2*result.Messages || result.Elapsed < 20*time.Millisecond || result.CPU == 0 {
				t.Errorf("got %+v, %v", result, err)
			}
		})
	}
}

func TestALoadFindsAServerThatLies(t *testing.T) {
	for name, load := range loads {
		t.Run(name, func(t *testing.T) {
			if name == "push" {
				t.Skip("a server that changes the message once pushes what it likes; the checker's own tests cover it")
			}
			target := serving(t, func(message []byte) []byte {
				message[len(message)/2] ^= 0x01
				return message
			})
			if result, err := load.Run(target, shortSpan()); !errors.Is(err, ErrWrongBytes) {
				t.Errorf("got %+v, %v", result, err)
			}
		})
	}
}

func TestAServerThatDoesNotCompressIsRefused(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			conn.CloseNow()
		}
	}
	server := httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(server.Close)
	target := Target{Addr: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))}
	if result, err := loads["takeover"].Run(target, shortSpan()); !errors.Is(err, ErrNotAgreed) {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestHandshakesAreCounted(t *testing.T) {
	target := serving(t, func(message []byte) []byte { return message })
	if result, err := (Accept{Clients: 2}).Run(target, shortSpan()); err != nil || result.Messages == 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestIdleConnectionsStayOpenWhileTheyAreLookedAt(t *testing.T) {
	const conns = 20
	json := TapeSpec{Opcode: Text, Size: 1000, Count: 4, JSON: true, Deflate: Takeover}
	tests := []struct {
		name string
		idle Idle
		want int64 // messages that the server received
	}{
		{"one message", Idle{Conns: conns, Tape: TapeSpec{Opcode: Binary, Size: 125, Count: 4}}, conns},
		{"some compressed messages", Idle{Conns: conns, Messages: 6, Tape: json}, 6 * conns},
		{"members of a group", Idle{Conns: conns, Tape: jsonSpec, Group: true}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var echoed, looked atomic.Int64
			target := serving(t, func(message []byte) []byte {
				echoed.Add(1)
				return message
			})
			err := test.idle.Run(target, func() error {
				looked.Store(echoed.Load())
				return nil
			})
			if err != nil || looked.Load() != test.want {
				t.Errorf("looked after %d messages, want %d; %v", looked.Load(), test.want, err)
			}
		})
	}
}

func TestEveryMessageOfTheSpanHasALatency(t *testing.T) {
	target := serving(t, func(message []byte) []byte { return message })
	load := Latency{Conns: 10, Rate: 1000, Tape: TapeSpec{Opcode: Binary, Size: 125, Count: 4}}
	span := shortSpan()
	span.Measure = 100 * time.Millisecond
	result, histogram, err := load.Run(target, span)
	if err != nil {
		t.Fatal(err)
	}
	// About 100 are due; those that were answered in the span but due before
	// it, and the other way round, make the difference.
	if n := histogram.TotalCount(); n < 50 || result.Messages == 0 {
		t.Errorf("%d latencies of %d messages, want about 100", n, result.Messages)
	}
	if histogram.Min() <= 0 {
		t.Errorf("a latency of %d ns", histogram.Min())
	}
}

func TestAServerThatPausesPaysForWhatWasDueMeanwhile(t *testing.T) {
	const pause = 100 * time.Millisecond
	var once sync.Once
	target := serving(t, func(message []byte) []byte {
		once.Do(func() { <-time.After(pause) })
		return message
	})
	// One connection: what is due during the pause queues up behind it.
	load := Latency{Conns: 1, Rate: 1000, Tape: TapeSpec{Opcode: Binary, Size: 125, Count: 4}}
	span := shortSpan()
	span.Warmup, span.Measure = 0, 2*pause
	_, histogram, err := load.Run(target, span)
	if err != nil {
		t.Fatal(err)
	}
	// Of 200 messages 100 were due during the pause, and waited for 50 ms on
	// average: without correction only one would have waited at all.
	if median := time.Duration(histogram.ValueAtPercentile(75)); median < pause/4 {
		t.Errorf("three quarters of the messages waited for no more than %v", median)
	}
}
