package handshake

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// request returns the handshake of RFC 6455 §1.3, changed by pairs of a header's
// name and its value, which is "" for none.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://server.example.com/chat", nil)
	headers = append([]string{
		"Connection", "Upgrade", "Upgrade", "websocket",
		"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
	}, headers...)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	return r
}

func added(r *http.Request, name, value string) *http.Request {
	r.Header.Add(name, value)
	return r
}

func http10(r *http.Request) *http.Request {
	r.Proto, r.ProtoMinor = "HTTP/1.0", 0
	return r
}

// fakeConn is a net.Conn that keeps what is written to it.
type fakeConn struct {
	net.Conn
	strings.Builder
	closed              bool
	writeErr, deadlines error
}

func (c *fakeConn) Write(p []byte) (int, error) {
	_, _ = c.Builder.Write(p)
	return len(p), c.writeErr
}

func (c *fakeConn) SetWriteDeadline(time.Time) error { return c.deadlines }

func (c *fakeConn) Close() error {
	c.closed = true
	return nil
}

// hijackable is an httptest.ResponseRecorder that can be hijacked.
type hijackable struct {
	*httptest.ResponseRecorder
	conn *fakeConn
}

func (w hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.conn, nil, nil }

func newHijackable(conn *fakeConn) hijackable { return hijackable{httptest.NewRecorder(), conn} }

// options returns options that accept one extension, chat and superchat.
func options() Options {
	return Options{
		Subprotocols: []string{"superchat", "chat"}, WriteTimeout: time.Second,
		Negotiate: func(offers []string) string {
			if len(offers) == 0 {
				return ""
			}
			return "agreed"
		},
		CloseAfter: func(net.Conn, time.Duration) func() bool { panic("the connection has deadlines") },
	}
}

// Accept writes the response on the connection.
func TestAcceptWritesResponse(t *testing.T) {
	for name, tt := range map[string]struct {
		request *http.Request
		fields  string
	}{
		"of nothing else":  {request(), ""},
		"of a subprotocol": {request("Sec-WebSocket-Protocol", "chat, superchat"), "Sec-WebSocket-Protocol: chat\r\n"},
		"of an extension":  {request("Sec-WebSocket-Extensions", "offer"), "Sec-WebSocket-Extensions: agreed\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := new(fakeConn)
			w := newHijackable(conn)
			w.Header().Set("Set-Cookie", "a=1")
			w.Header().Set("Content-Length", "1")
			w.Header().Set("Sec-WebSocket-Accept", "of the program")
			accepted, refusal := Accept(w, tt.request, options())
			if refusal != nil {
				t.Fatal(refusal)
			}
			want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" + tt.fields + "Set-Cookie: a=1\r\n\r\n"
			if got := conn.String(); got != want {
				t.Errorf("wrote %q, want %q", got, want)
			}
			if protocol := accepted.Subprotocol; (protocol != nil) != strings.Contains(tt.fields, "chat") || protocol != nil && *protocol != "chat" {
				t.Errorf("returned subprotocol %v", protocol)
			}
			if accepted.Conn != conn || conn.closed {
				t.Errorf("returned connection %v, closed %v", accepted.Conn, conn.closed)
			}
		})
	}
}

func TestAcceptRefuses(t *testing.T) {
	post := request()
	post.Method = http.MethodPost
	body := request()
	body.ContentLength = 1
	http2 := request()
	http2.Proto, http2.ProtoMajor, http2.ProtoMinor = "HTTP/2.0", 2, 0
	for name, tt := range map[string]struct {
		request *http.Request
		status  int
	}{
		"another method":     {post, 405},
		"a body":             {body, 400},
		"HTTP/2":             {http2, 501},
		"HTTP/1.0":           {http10(request()), 426},
		"another version":    {request("Sec-WebSocket-Version", "8"), 426},
		"no Upgrade":         {request("Upgrade", ""), 426},
		"a foreign letter":   {request("Upgrade", "websoc\u212Aet"), 426},
		"an invalid key":     {request("Sec-WebSocket-Key", "c2hvcnQ="), 400},
		"another origin":     {request("Origin", "https://evil.example"), 403},
		"a malformed origin": {request("Origin", "server.example.com"), 403},
	} {
		t.Run(name, func(t *testing.T) {
			w := newHijackable(new(fakeConn))
			o := options()
			o.Negotiate = func([]string) string { panic("extensions were negotiated") }
			_, refusal := Accept(w, tt.request, o)
			if refusal == nil || refusal.Status != tt.status || refusal.Status != w.Code {
				t.Fatalf("Accept returned %v and answered with %d, want %d", refusal, w.Code, tt.status)
			}
			if got := w.Body.String(); got != refusal.Err.Error()+"\n" {
				t.Errorf("answered with %q, and returned %q", got, refusal.Err)
			}
			if w.conn.Len() > 0 {
				t.Errorf("wrote %q on the connection", w.conn)
			}
		})
	}
}

// Accept closes the connection if it cannot write.
func TestAcceptClosesIfWriteFails(t *testing.T) {
	conn := &fakeConn{writeErr: io.ErrClosedPipe}
	w := newHijackable(conn)
	_, refusal := Accept(w, request(), options())
	if refusal == nil || refusal.Status != 500 || !errors.Is(refusal.Err, io.ErrClosedPipe) || !conn.closed {
		t.Errorf("Accept returned %v, closed %v", refusal, conn.closed)
	}
	if w.Body.Len() > 0 {
		t.Errorf("answered with %q after Hijack", w.Body)
	}
}

// Accept limits the time of the write on a connection without deadlines.
func TestAcceptWithoutDeadlines(t *testing.T) {
	conn := &fakeConn{deadlines: errors.ErrUnsupported}
	o := options()
	var calls []string
	o.CloseAfter = func(c net.Conn, d time.Duration) func() bool {
		if c != conn || d != o.WriteTimeout {
			t.Errorf("CloseAfter was called with %v, %v", c, d)
		}
		calls = append(calls, "CloseAfter", conn.String())
		return func() bool { calls = append(calls, "stop"); return true }
	}
	if _, refusal := Accept(newHijackable(conn), request(), o); refusal != nil {
		t.Fatal(refusal)
	}
	if got := strings.Join(calls, ","); got != "CloseAfter,,stop" || conn.Len() == 0 {
		t.Errorf("called %q, and wrote %q", got, conn)
	}
}

func TestAcceptAllocatesLittle(t *testing.T) {
	o, r := options(), request()
	w := newHijackable(new(fakeConn))
	allocated := testing.AllocsPerRun(100, func() {
		w.conn.Reset()
		if _, refusal := Accept(w, r, o); refusal != nil {
			t.Error(refusal)
		}
	})
	const limit = 45 // 38, most of them websocket.Accept's, and a few more under the race detector
	if allocated > limit {
		t.Errorf("%.0f allocations, want at most %d", allocated, limit)
	}
}
