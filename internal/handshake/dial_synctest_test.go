package handshake

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipe returns a client whose connections are those of net.Pipe, and which serve
// answers. The test waits for them to be closed by the client.
func pipe(t *testing.T, serve func(conn net.Conn, r *http.Request)) *http.Client {
	var servers sync.WaitGroup
	t.Cleanup(servers.Wait)
	return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		servers.Go(func() {
			defer func() { _ = server.Close() }()
			if r, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				serve(server, r)
				_, _ = io.Copy(io.Discard, server) // until the client closes
			}
		})
		return client, nil
	}}}
}

// slowly writes a byte each second until the client closes.
func slowly(conn net.Conn, text string) {
	for i := range len(text) {
		time.Sleep(time.Second)
		if _, err := io.WriteString(conn, text[i:i+1]); err != nil {
			return
		}
	}
}

// Whatever the server does, Dial ends with its context, or soon after a refusal. No
// goroutine, timer or connection is left, because the servers end when the client closes,
// and synctest.Test fails for other goroutines.
func TestDialSlowServer(t *testing.T) {
	const limit = time.Minute
	for name, tt := range map[string]struct {
		serve  func(conn net.Conn, r *http.Request)
		after  time.Duration
		status int
		err    error
	}{
		"never answers":   {func(net.Conn, *http.Request) {}, limit, 0, context.DeadlineExceeded},
		"a byte a second": {func(c net.Conn, r *http.Request) { slowly(c, answer(r, "A", string(make([]byte, 60)))) }, limit, 0, context.DeadlineExceeded},
		"a refusal, no body": {func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, "HTTP/1.1 403 x\r\nContent-Length: 9\r\n\r\n")
		}, 3 * time.Second, 403, nil},
		"a refusal, a body of a byte a second": {func(c net.Conn, _ *http.Request) {
			_, _ = io.WriteString(c, "HTTP/1.1 403 x\r\nContent-Length: 9\r\n\r\n")
			slowly(c, "forbidden")
		}, 3 * time.Second, 403, nil},
		"a wrong answer": {func(c net.Conn, r *http.Request) { _, _ = io.WriteString(c, answer(r, "Sec-WebSocket-Accept", "-")) }, 0, 101, nil},
		"closes":         {func(c net.Conn, _ *http.Request) { _ = c.Close() }, 0, 0, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				_, err := Dial(ctx, "ws://server.example/", DialOptions{HTTPClient: pipe(t, tt.serve)})
				if took := time.Since(began); took != tt.after {
					t.Errorf("Dial took %v, want %v", took, tt.after)
				}
				var refusal *Refusal
				if errors.As(err, &refusal) != (tt.status != 0) || refusal != nil && refusal.Status != tt.status || tt.err != nil && !errors.Is(err, tt.err) {
					t.Errorf("Dial returned %v", err)
				}
			})
		})
	}
}

// After Dial, the connection is the caller's alone: no goroutine of Dial, of
// net/http or of coder/websocket is left.
func TestDialLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		d, err := Dial(ctx, "ws://server.example/", DialOptions{HTTPClient: pipe(t, func(c net.Conn, r *http.Request) {
			_, _ = io.WriteString(c, answer(r)+"early")
			_, _ = io.Copy(io.Discard, c)
			close(ended)
		})})
		if err != nil || string(d.Early) != "early" {
			t.Fatalf("Dial returned %q, %v", d.Early, err)
		}
		time.Sleep(time.Hour) // the context has ended
		synctest.Wait()
		if _, err := io.WriteString(d.Conn, "x"); err != nil {
			t.Errorf("after an hour: %v", err)
		}
		if left := bubbleStacks(); len(left) != 2 {
			t.Errorf("%d goroutines, want those of the test and of the server: %s", len(left), left)
		}
		_ = d.Conn.Close()
		<-ended
	})
}

// bubbleStacks returns the stacks of the goroutines in a synctest bubble, without that
// of synctest.Test.
func bubbleStacks() (stacks []string) {
	buf := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if first, _, _ := strings.Cut(stack, "\n"); strings.Contains(first, "synctest bubble") && !strings.Contains(stack, "synctest.testingSynctestTest") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
