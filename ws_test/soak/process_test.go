package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// The server runs in a process of its own, so that the descriptors and the memory of
// each side are its own. It gets commands by its standard input, and writes events to its
// standard output, both in JSON. Its end is that of the input.

// A command tells the server what to do.
type command struct {
	Pace    int64         // in percent, if it is not 0
	Restart time.Duration // shut Upgraders down, about so often; until Measure
	Seed    uint64        // for Restart
	Measure bool          // wait until no session is left, and measure
	Finish  bool          // shut everything down
}

// An event is what the server says.
type event struct {
	Addresses   map[string]string `json:",omitempty"` // at the beginning
	Certificate []byte            `json:",omitempty"`
	Report      *report           `json:",omitempty"` // of a session
	Problem     string            `json:",omitempty"`
	Sample      *sample           `json:",omitempty"` // each second
	Measured    *sample           `json:",omitempty"` // the answer to Measure
	Finished    *ws.Stats         `json:",omitempty"` // the answer to Finish
}

const directoryVariable = "HANDSET_SOAK_SERVER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(directoryVariable); dir != "" {
		runServer(dir)
		return
	}
	os.Exit(m.Run())
}

// runServer is the program of the server.
func runServer(dir string) {
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	emit := func(e event) {
		mu.Lock()
		defer mu.Unlock()
		if out.Encode(e) != nil {
			os.Exit(3) // the other process has ended
		}
	}
	s, err := newServer(dir, emit)
	if err != nil {
		emit(event{Problem: err.Error()})
		return
	}
	emit(s.hello())
	endSamples, endCollecting := s.sample(), collectGarbage()
	stopRestarts := func() {}
	var baseline *sample
	in := json.NewDecoder(os.Stdin)
	for {
		var c command
		if in.Decode(&c) != nil {
			os.Exit(3)
		}
		switch {
		case c.Pace > 0:
			s.pace.percent.Store(c.Pace)
		case c.Restart > 0:
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				s.restart(ctx, rand.New(rand.NewPCG(c.Seed, 2)), c.Restart)
			}()
			stopRestarts = func() { cancel(); <-ended }
		case c.Measure:
			stopRestarts()
			stopRestarts = func() {}
			now, problem := settle(s.idle, baseline)
			if problem != "" {
				emit(event{Problem: problem})
			}
			baseline = &now
			emit(event{Measured: &now})
		case c.Finish:
			endSamples()
			endCollecting()
			problems, stats := s.finish()
			if _, problem := settle(func() bool { return leftGoroutines() == "" }, nil); problem != "" {
				problems = append(problems, problem)
			}
			for _, p := range problems {
				emit(event{Problem: p})
			}
			emit(event{Finished: &stats})
			return
		}
	}
}

// sample emits samples each second.
func (s *server) sample() (end func()) {
	return every(time.Second, func() {
		now := measure(s.sessions())
		s.emit(event{Sample: &now})
	})
}

// every calls f in intervals until end is called.
func every(interval time.Duration, f func()) (end func()) {
	ticker, stop, ended := time.NewTicker(interval), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				f()
			case <-stop:
				return
			}
		}
	}()
	return func() { ticker.Stop(); close(stop); <-ended }
}

func (s *server) sessions() (n int) {
	for _, service := range s.services {
		n += service.upgrader().Stats().Sessions
	}
	return n
}

// A process is the server's.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	in       *json.Encoder
	results  *results
	hello    event
	samples  chan sample
	measured chan sample
	finished chan ws.Stats
	ended    chan struct{} // closed when its output has ended
}

// startServer starts the server.
func startServer(t *testing.T, rs *results) *process {
	p := &process{t: t, results: rs, cmd: exec.Command(os.Args[0], "-test.run=^$"), samples: make(chan sample, 1),
		measured: make(chan sample, 1), finished: make(chan ws.Stats, 1), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), directoryVariable+"="+t.TempDir())
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.in = json.NewEncoder(in)
	t.Cleanup(func() { _ = in.Close(); _ = p.cmd.Process.Kill(); <-p.ended; _ = p.cmd.Wait() })
	events := json.NewDecoder(bufio.NewReader(out))
	if err := events.Decode(&p.hello); err != nil || p.hello.Problem != "" {
		close(p.ended)
		t.Fatal("the server does not start: ", p.hello.Problem, err)
	}
	go p.read(events)
	return p
}

// read passes the events on.
func (p *process) read(events *json.Decoder) {
	defer close(p.ended)
	for {
		var e event
		if err := events.Decode(&e); err != nil {
			if err != io.EOF {
				p.results.fail(fmt.Sprint("the server's output: ", err))
			}
			return
		}
		switch {
		case e.Report != nil:
			p.results.add(*e.Report)
		case e.Problem != "":
			p.results.fail("server: " + e.Problem)
		case e.Sample != nil:
			select {
			case <-p.samples: // nobody has taken it, and it is old
			default:
			}
			p.samples <- *e.Sample
		case e.Measured != nil:
			p.measured <- *e.Measured
		case e.Finished != nil:
			p.finished <- *e.Finished
		}
	}
}

// do gives the server a command.
func (p *process) do(c command) {
	if err := p.in.Encode(c); err != nil {
		p.t.Fatal("the server has ended: ", err)
	}
}

// answer waits for an answer of the server.
func answer[T any](p *process, answers <-chan T, what string) T {
	select {
	case a := <-answers:
		return a
	case <-p.ended:
		for _, failure := range p.results.finish() {
			p.t.Log(failure)
		}
		p.t.Fatal("the server has ended")
	case <-time.After(3 * patience):
		p.t.Fatalf("the server does not %s; sessions:\n%s", what, p.results.open())
	}
	panic("unreachable")
}
