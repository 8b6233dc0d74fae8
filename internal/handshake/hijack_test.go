package handshake

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// hijacker is a ResponseWriter with the given Hijack.
type hijacker struct {
	http.ResponseWriter
	hijack func() (net.Conn, *bufio.ReadWriter, error)
}

func (w hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.hijack() }

func TestHijackRefuses(t *testing.T) {
	conn := new(fakeConn)
	written := bufio.NewReadWriter(nil, bufio.NewWriter(conn))
	_, _ = written.WriteString("HTTP/1.1 200 OK\r\n\r\n")
	for name, tt := range map[string]struct {
		conn     net.Conn
		brw      *bufio.ReadWriter
		err      error
		status   int
		answered bool
	}{
		"hijacked before":     {nil, nil, http.ErrHijacked, 500, false},
		"not supported":       {nil, nil, fmt.Errorf("wrapped: %w", http.ErrNotSupported), 501, true},
		"another error":       {nil, nil, errors.New("broken"), 500, true},
		"no connection":       {nil, nil, nil, 500, true},
		"bytes to be written": {conn, written, nil, 500, false},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			w := hijacker{recorder, func() (net.Conn, *bufio.ReadWriter, error) { return tt.conn, tt.brw, tt.err }}
			got, _, refusal := hijack(w, request())
			if got != nil || refusal == nil || refusal.Status != tt.status || refusal.Err == nil {
				t.Fatalf("hijack returned %v, %v", got, refusal)
			}
			if (recorder.Body.Len() > 0) != tt.answered || tt.answered && recorder.Code != tt.status {
				t.Errorf("answered with %d %q", recorder.Code, recorder.Body)
			}
		})
	}
	if !conn.closed || conn.Len() > 0 {
		t.Errorf("closed %v, wrote %q", conn.closed, conn)
	}
	recorder := httptest.NewRecorder()
	if _, _, refusal := hijack(recorder, request()); refusal == nil || refusal.Status != 501 || recorder.Code != 501 {
		t.Errorf("a ResponseWriter without Hijack: %v, %d", refusal, recorder.Code)
	}
}
