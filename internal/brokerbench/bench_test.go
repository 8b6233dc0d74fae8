package brokerbench

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// bench is run by the tests. Its broker forwards what it reads from the connection that
// publishes to a name to the one that receives.
var bench = Bench{Paths: []Path{
	{Title: "direct", Kind: "function", Raw: true, Publish: dialPublisher, Receive: dialReceiver},
	Path{Publish: dialPublisher, Receive: dialReceiver}.ToSession("to a session", "session"),
}}

// TestMain runs the receiving process, if a test has started it.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "receive" {
		bench.Main()
		return
	}
	os.Exit(m.Run())
}

// dialPublisher connects as the publisher of a name.
func dialPublisher(address, name string) (Publisher, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "from %s\n", name); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	return func(_ context.Context, data []byte) error {
		mu.Lock()
		defer mu.Unlock()
		_, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...))
		return err
	}, nil
}

// dialReceiver connects as the receiver of a name. The broker answers with a byte.
func dialReceiver(address, name string, receive func([]byte)) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "to %s\n", name); err != nil {
		return err
	}
	reader := bufio.NewReader(conn)
	if _, err := reader.ReadByte(); err != nil {
		return err
	}
	go func() {
		for {
			data, err := readMessage(reader)
			if err != nil {
				return
			}
			receive(data)
		}
	}()
	return nil
}

func readMessage(r io.Reader) ([]byte, error) {
	size := make([]byte, 4)
	if _, err := io.ReadFull(r, size); err != nil {
		return nil, err
	}
	data := make([]byte, binary.BigEndian.Uint32(size))
	_, err := io.ReadFull(r, data)
	return data, err
}

// startBroker starts a broker that forwards the n-th message of a publisher forward(n) times.
func startBroker(t *testing.T, forward func(n int) int) func() (string, func(), error) {
	return func() (string, func(), error) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", nil, err
		}
		var serving sync.WaitGroup
		var receivers sync.Map
		serving.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				t.Cleanup(func() { conn.Close() })
				serving.Go(func() { serve(conn, &receivers, forward) })
			}
		})
		t.Cleanup(func() { listener.Close() })
		return listener.Addr().String(), func() {}, nil
	}
}

// serve serves one connection of a broker.
func serve(conn net.Conn, receivers *sync.Map, forward func(n int) int) {
	reader := bufio.NewReader(conn)
	line, err := reader.ReadString('\n')
	if err != nil {
		return
	}
	side, name, _ := strings.Cut(strings.TrimSpace(line), " ")
	if side == "to" {
		receivers.Store(name, conn)
		_, _ = conn.Write([]byte{1})
		return
	}
	to, _ := receivers.Load(name)
	for n := 1; ; n++ {
		data, err := readMessage(reader)
		if err != nil {
			return
		}
		for range forward(n) {
			_, _ = to.(net.Conn).Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...))
		}
	}
}

// run runs the bench with a broker and returns what it prints.
func run(t *testing.T, patience time.Duration, forward func(n int) int) (string, error) {
	t.Helper()
	if _, err := newClock(); err != nil {
		t.Skip(err)
	}
	b := Bench{Start: startBroker(t, forward), Paths: bench.Paths}
	var out strings.Builder
	err := b.run(config{rounds: 2, publishers: 3, size: 100, duration: 20 * time.Millisecond, patience: patience}, &out)
	return out.String(), err
}

func TestBench(t *testing.T) {
	out, err := run(t, 20*time.Second, func(int) int { return 1 })
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`1 at a time, 100 bytes`, `3 at a time, 100 bytes`,
		`\| direct \| \d+ \| \d+ \| \d+ \| 1\.00 \| 1\.00 \|`, `\| to a session \| \d+ \| \d+ \| \d+ \| 1\.00 \| 1\.00 \|`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no match for %q in:\n%s", want, out)
		}
	}
}

// What a broker does wrong is an error.
func TestBenchFails(t *testing.T) {
	for _, test := range []struct {
		name     string
		number   int // of the message
		times    int // how often it arrives
		patience time.Duration
		want     string
	}{
		{"a message that is missing", 5, 0, 200 * time.Millisecond, "has not arrived"},
		{"a message that arrives twice", 5, 2, 20 * time.Second, "has arrived instead of"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := run(t, test.patience, func(n int) int {
				if n == test.number {
					return test.times
				}
				return 1
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

// A recorder notices a message of a publisher that is out of order.
func TestRecorder(t *testing.T) {
	at := func(publisher byte, number uint32, late time.Duration) header {
		return header{publisher: publisher, number: number, at: time.Second - late, counts: true}
	}
	for _, test := range []struct {
		name     string
		messages []header
		want     summary
	}{
		{"in order of each publisher", []header{at(1, 0, 3), at(2, 0, 1), at(2, 1, 4), at(1, 1, 2)}, summary{Count: 4, P50: 2, P99: 3}},
		{"out of order", []header{at(1, 0, 3), at(1, 2, 1), at(1, 1, 1)}, summary{Count: 3, P50: 1, P99: 1, Error: "message 1 of publisher 1 has arrived instead of 3"}},
		{"warming up", []header{{}}, summary{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r recorder
			for _, h := range test.messages {
				got, ok := parse(h.message(0))
				if got != h {
					t.Errorf("parse returns %+v, want %+v", got, h)
				}
				r.record(got, time.Second, ok)
			}
			if got := r.summary(); got != test.want {
				t.Errorf("summary is %+v, want %+v", got, test.want)
			}
			if got := r.summary(); got != (summary{}) {
				t.Errorf("the second summary is %+v", got)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		rates []float64
		want  float64
	}{
		{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3},
	} {
		var results []result
		for _, rate := range test.rates {
			results = append(results, result{rate: rate})
		}
		if got := median(results, func(r result, _ int) float64 { return r.rate }); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.rates, got, test.want)
		}
	}
}
