package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// patience limits how long a program may run in these tests; none is expected to.
const patience = 20 * time.Second

// asProgram makes the test binary run main instead of the tests.
const asProgram = "CLIENT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program returns main as a process of its own, to be started.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// site is the server of these tests: at /echo it echoes the request's headers and then
// messages, at /moved it redirects to that.
func site(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/moved":
		http.Redirect(w, r, "/echo", http.StatusFound)
	case "/echo":
		u := &ws.Upgrader{Subprotocols: []string{"a", "b"}, Compression: ws.Frugal(), AllowAnyOrigin: true}
		session, stream, err := u.Handle(w, r)
		if err != nil {
			return
		}
		_ = session.Text(context.Background(), strings.Join([]string{
			r.Host, r.Header.Get("X-Test"), r.Header.Get("Sec-WebSocket-Extensions"),
		}, "|"))
		echo(session, stream)
	default:
		http.Error(w, "there is nothing\nto connect to", http.StatusNotFound)
	}
}

func TestProgram(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(site))
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")
	host := strings.TrimPrefix(server.URL, "http://")
	for _, test := range []struct {
		name          string
		args          []string
		status        int
		out, reported string // reported is a part of the standard error
	}{
		{"plain", []string{url + "/echo"}, 0, host + "||\nhello\n", "close 1000 normal"},
		{"headers", []string{"-H", "X-Test: a: b", "-H", "Host:other.example", url + "/echo"}, 0, "other.example|a: b|\nhello\n", ""},
		{"subprotocols", []string{"-subprotocol", "b", "-subprotocol", "a", url + "/echo"}, 0, host + "||\nhello\n", `subprotocol "b"`},
		{"redirect", []string{url + "/moved"}, 1, "", "302 Found"},
		{"redirect followed", []string{"-L", url + "/moved"}, 0, host + "||\nhello\n", ""},
		{"refused", []string{url + "/"}, 1, "", "404 Not Found: server says \"there is nothing\"\nthere is nothing\nto connect to\n"},
		{"no server", []string{"ws://127.0.0.1:0/"}, 1, "", "ws: dial: "},
		{"no URL", nil, 2, "", "usage: "},
		{"not a header", []string{"-H", "x", url}, 2, "", "there is no colon"},
		{"compression", []string{"-compress", url + "/echo"}, 0,
			host + "||permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits\nhello\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := program(t, test.args...)
			var out, reports bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("hello\n"), &out, &reports
			err := cmd.Run()
			if status := cmd.ProcessState.ExitCode(); status != test.status {
				t.Errorf("status %d, %v", status, err)
			}
			if out.String() != test.out || !strings.Contains(reports.String(), test.reported) {
				t.Errorf("printed %q, reported %q", &out, &reports)
			}
		})
	}
}

func TestProgramCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no way to send Ctrl-C to one process only")
	}
	ended := make(chan error, 1)
	server := httptest.NewServer(new(ws.Upgrader).Handler(func(session *ws.Session, stream *ws.MessageStream) {
		_ = session.Text(context.Background(), "ready")
		for range stream.All(context.Background()) {
		}
		<-session.Done()
		ended <- session.Err()
	}))
	defer server.Close()
	cmd := program(t, server.URL)
	input, err := cmd.StdinPipe() // which does not end
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if _, err := out.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var closed *ws.CloseError
	if err := <-ended; !errors.As(err, &closed) || closed.Received.Code != ws.CloseGoingAway {
		t.Errorf("the server's session ended with %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}
