package brokerbench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Run starts the program again, with other arguments, as a process that prints a line when it is
// ready, and ends when its standard input does. Run returns that line. stop ends the process and
// waits for it.
func Run(args ...string) (line string, stop func(), err error) {
	cmd := command(args...)
	stdin, stdout, err := pipes(cmd)
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = stdin.Close(); _ = cmd.Wait() }
	line, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("brokerbench: %s has ended before it was ready: %w", args[0], err)
	}
	return strings.TrimSpace(line), stop, nil
}

// command returns the command that starts the program again.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Stderr = os.Stderr
	return cmd
}

// pipes returns the ends of the standard input and output of a process that are used here.
func pipes(cmd *exec.Cmd) (stdin io.WriteCloser, stdout io.Reader, err error) {
	if stdin, err = cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	stdout, err = cmd.StdoutPipe()
	return stdin, stdout, err
}

// A receiver is the receiving process, as the publishing one sees it.
type receiver struct {
	cmd           *exec.Cmd
	stdin         io.Closer
	requests      *json.Encoder
	answers       *json.Decoder
	confirmations *os.File
}

// startReceiver starts the receiving process and waits until it is ready.
func startReceiver(address string) (*receiver, error) {
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer to.Close()
	r := &receiver{cmd: command("receive", address), confirmations: from}
	stdin, stdout, err := pipes(r.cmd)
	if err != nil {
		return nil, err
	}
	r.cmd.ExtraFiles = []*os.File{to}
	r.stdin, r.requests, r.answers = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	var ready string
	if err := r.answers.Decode(&ready); err != nil {
		r.stop()
		return nil, fmt.Errorf("brokerbench: the receiving process has ended before it was ready: %w", err)
	}
	return r, nil
}

// stop ends the process.
func (r *receiver) stop() {
	_ = r.stdin.Close()
	_ = r.cmd.Wait()
	_ = r.confirmations.Close()
}

// summary returns what a path has delivered since the last time.
func (r *receiver) summary(index int) (s summary, err error) {
	if err = r.requests.Encode(index); err == nil {
		err = r.answers.Decode(&s)
	}
	return s, err
}
