package handshake

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answering answers requests with the same text, and reads until the client closes.
func answering(text string) http.Handler {
	return echoing(func(*http.Request) string { return text })
}

// A refused handshake has the status, the headers and the beginning of the body.
func TestDialRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		response string
		status   int
		body     string
		says     string
	}{
		"with a text":            {"HTTP/1.1 403 Forbidden\r\nX-A: 1\r\nContent-Length: 15\r\n\r\nno tickets\nmore", 403, "no tickets\nmore", `server says "no tickets"`},
		"without a body":         {"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n", 404, "", "status is not 101"},
		"with a page":            {"HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>", 200, "<html>", "status is not 101"},
		"with a long line":       {"HTTP/1.1 500 x\r\nX-A: 1\r\nContent-Length: 900\r\n\r\n" + strings.Repeat("é", 450), 500, strings.Repeat("é", 450), `"` + strings.Repeat("é", 100) + `"`},
		"with a control byte":    {"HTTP/1.1 500 x\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n\x1b\xff", 500, "\x1b\xff", `"\x1b\xff"`},
		"with an unknown status": {"HTTP/1.1 520 x\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n", 520, "", "status is not 101"},
		"with a broken body":     {"HTTP/1.1 503 x\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nx\r\n", 503, "abc", `server says "abc"`},
		"after a 103":            {"HTTP/1.1 103 Early Hints\r\nX-B: 1\r\n\r\nHTTP/1.1 401 x\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n", 401, "", "status is not 101"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dial(t, serve(t, answering(tt.response)), DialOptions{})
			var refusal *Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("Dial returned %v", err)
			}
			if refusal.Status != tt.status || refusal.Header.Get("X-A") != "1" || string(refusal.Body) != tt.body || !strings.Contains(refusal.Err.Error(), tt.says) {
				t.Errorf("Dial returned %q, %+v", err, refusal)
			}
		})
	}
}

// Only the first KiB of a body is kept, and not much more is read.
func TestDialRefusedWithLongBody(t *testing.T) {
	sent := make(chan int, 1)
	u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.(*net.TCPConn).SetWriteBuffer(1 << 12)
		_, _ = io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\n\r\n")
		n, _ := io.Copy(conn, io.LimitReader(zeros{}, 1<<28)) // ends when the client closes
		sent <- int(n)
		_ = conn.Close()
	}))
	_, err := dial(t, u, DialOptions{})
	var refusal *Refusal
	if !errors.As(err, &refusal) || !bytes.Equal(refusal.Body, make([]byte, 1<<10)) {
		t.Fatalf("Dial returned %v", err)
	}
	if n := <-sent; n == 1<<28 {
		t.Errorf("the server has sent all %d bytes", n)
	}
}

// zeros is an endless Reader.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What a server sends in place of a response does not grow the error or the memory.
func TestDialNoResponse(t *testing.T) {
	for name, tt := range map[string]struct{ response, says string }{
		"nothing":             {"", "EOF"},
		"another protocol":    {"SSH-2.0-OpenSSH\r\n", "malformed"},
		"an endless line":     {"HTTP/1.1 101 " + strings.Repeat("x", 1<<17), "headers exceeded 65536 bytes"},
		"an endless header":   {"HTTP/1.1 101 x\r\n" + strings.Repeat("A: 1\r\n", 1<<15), "headers exceeded 65536 bytes"},
		"endless early hints": {strings.Repeat("HTTP/1.1 103 x\r\n\r\n", 1<<13), "headers exceeded 65536 bytes"},
		"a long line":         {strings.Repeat("x", 1<<15) + "\r\n", "malformed HTTP response"},
	} {
		t.Run(name, func(t *testing.T) {
			u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, _, _ := http.NewResponseController(w).Hijack()
				_, _ = io.WriteString(conn, tt.response)
				_ = conn.Close()
			}))
			_, err := dial(t, u, DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{MaxResponseHeaderBytes: 1 << 16}}})
			if refusal := (*Refusal)(nil); err == nil || errors.As(err, &refusal) {
				t.Fatalf("Dial returned %v", err)
			}
			if text := err.Error(); !strings.Contains(text, tt.says) || len(text) > maxText+len("…") {
				t.Errorf("Dial returned %d bytes: %.200q", len(text), text)
			}
		})
	}
}

// Errors say what failed, and neither userinfo nor query.
func TestDialFails(t *testing.T) {
	tlsURL, _ := serveTLS(t, echoing(correct))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	_ = listener.Close()
	for name, tt := range map[string]struct {
		url    string
		says   string
		target any
	}{
		"a closed port":        {"ws://user:secret@" + closed + "/secret?secret", "Get " + closed + ": dial tcp", new(*net.OpError)},
		"an unknown authority": {tlsURL + "?secret", "certificate", new(x509.UnknownAuthorityError)},
		"a server without TLS": {"wss" + strings.TrimPrefix(serve(t, echoing(correct)), "ws") + "?secret", "HTTP response to HTTPS client", new(error)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dial(t, tt.url, DialOptions{HTTPClient: &http.Client{Transport: new(http.Transport)}})
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret") || !errors.As(err, tt.target) {
				t.Errorf("Dial returned %v, which does not say %q", err, tt.says)
			}
		})
	}
}

// silent is a server that does not answer before the test ends.
func silent(t *testing.T) (url string) {
	end := make(chan struct{})
	u := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	t.Cleanup(func() { close(end) }) // before that of serve
	return u
}

func TestDialEndsWithContext(t *testing.T) {
	u := silent(t)
	cause := errors.New("cause")
	for name, tt := range map[string]struct {
		ctx     func(context.Context) (context.Context, context.CancelFunc)
		timeout time.Duration
		is      []error
		says    string
	}{
		"cancelled before": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, 0, []error{context.Canceled}, "context canceled"},
		"cancelled with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(cause)
			return ctx, func() {}
		}, 0, []error{context.Canceled, cause}, "cause"},
		"a deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 10*time.Millisecond)
		}, time.Hour, []error{context.DeadlineExceeded}, "deadline exceeded"},
		"the client's Timeout": {context.WithCancel, 10 * time.Millisecond, []error{context.DeadlineExceeded}, "HTTPClient.Timeout of 10ms has passed"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := tt.ctx(t.Context())
			defer cancel()
			_, err := Dial(ctx, u, DialOptions{HTTPClient: &http.Client{Timeout: tt.timeout}})
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "HTTPClient") != strings.Contains(tt.says, "HTTPClient") {
				t.Fatalf("Dial returned %v", err)
			}
			for _, is := range tt.is {
				if !errors.Is(err, is) {
					t.Errorf("Dial returned %v, which is not %v", err, is)
				}
			}
			if isTimeout(err) != (tt.is[0] == context.DeadlineExceeded) {
				t.Errorf("Timeout of %v: %v", err, isTimeout(err))
			}
		})
	}
}
