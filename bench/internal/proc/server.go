package proc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startLimit is how long a server may take to say where it listens.
const startLimit = 20 * time.Second

// readyLine is how a server says where it listens, and a client that it does not.
const (
	readyLine = "ready %s %s\n"
	nowhere   = "-"
)

// Command is how to start a server.
type Command struct {
	Args []string
	Env  []string // besides the runner's own
	Core int      // the core it is pinned to, or AnyCore
}

// Server is a process under measurement, which may be a client.
type Server struct {
	Addr    netip.AddrPort // where it speaks WebSocket; of a client none
	Control netip.AddrPort // where it answers plain HTTP: /gc, /dial of a client, and pprof if it is written in Go

	process *exec.Cmd
	cancel  context.CancelFunc
	ended   <-chan struct{}
}

// Start starts the server and waits until it listens.
func Start(command Command) (*Server, error) {
	ctx, cancel := context.WithCancel(context.Background())
	process := exec.CommandContext(ctx, command.Args[0], command.Args[1:]...)
	process.Env = append(os.Environ(), command.Env...)
	process.Stderr = os.Stderr
	// A runner that is killed takes its servers along.
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := process.StdoutPipe()
	ended := make(chan struct{})
	if err == nil {
		err = startOn(process, command.Core, ended)
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", command.Args[0], err)
	}
	server := &Server{process: process, cancel: cancel, ended: ended}
	if err := server.awaitReady(output); err != nil {
		server.Stop()
		return nil, fmt.Errorf("start %s: %w", command.Args[0], err)
	}
	return server, nil
}

// startOn starts the process on a core: it inherits the affinity of the thread
// that forks it. That thread lives until the process has ended, because
// Pdeathsig is about the thread; it is never unlocked, so that it goes then and
// nothing else runs on the server's core.
func startOn(process *exec.Cmd, core int, ended chan<- struct{}) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		err := pinThread(core)
		if err == nil {
			err = process.Start()
		}
		started <- err
		if err == nil {
			process.Wait()
		}
	}()
	return <-started
}

// awaitReady reads the addresses from the server's first line.
func (s *Server) awaitReady(output io.ReadCloser) error {
	late := time.AfterFunc(startLimit, s.cancel)
	defer late.Stop()
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return fmt.Errorf("it ended, or did not listen within %v: %w", startLimit, err)
	}
	var addr, control string
	if _, err := fmt.Sscanf(line, readyLine, &addr, &control); err != nil {
		return fmt.Errorf("it said %q instead of where it listens", line)
	}
	if addr != nowhere {
		if s.Addr, err = netip.ParseAddrPort(addr); err != nil {
			return err
		}
	}
	s.Control, err = netip.ParseAddrPort(control)
	return err
}

// Stop ends the process and waits until it is gone.
func (s *Server) Stop() {
	s.cancel()
	<-s.ended
}

// PID is the process's number.
func (s *Server) PID() int { return s.process.Process.Pid }

// CPU is the processor time the process has used so far, user and system, in
// all its threads, from its own clock: /proc/PID/stat counts in steps of 10 ms.
func (s *Server) CPU() (time.Duration, error) {
	const processClock = 2                     // CPUCLOCK_SCHED of linux/posix-timers.h
	clock := int32(^s.PID())<<3 | processClock // clock_getcpuclockid(3)
	var used unix.Timespec
	if err := unix.ClockGettime(clock, &used); err != nil {
		return 0, fmt.Errorf("cpu of %d: %w", s.PID(), err)
	}
	return time.Duration(used.Nano()), nil
}

// GC has the server collect its garbage and give what it can back to the system.
func (s *Server) GC() error { return s.get("/gc") }

// Dial has a client open n connections to target, and returns when they are open.
func (s *Server) Dial(target string, n int) error {
	return s.get("/dial?" + url.Values{"url": {target}, "n": {strconv.Itoa(n)}}.Encode())
}

// get has the control side do something. An answer other than 200 is an error that
// has its first bytes.
func (s *Server) get(path string) error {
	client := http.Client{Timeout: time.Minute}
	answer, err := client.Get(s.URL(path))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, answer.Status, strings.TrimSpace(string(text)))
	}
	return err
}

// URL is where path is on the server's control side.
func (s *Server) URL(path string) string { return "http://" + s.Control.String() + path }
