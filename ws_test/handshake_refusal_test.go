package ws_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// refusals are a handshake for each status, and the options to refuse it with.
var refusals = []struct {
	status  int
	options *ws.Upgrader
	request func() *http.Request
	wrap    func(http.ResponseWriter) http.ResponseWriter // nil for none
}{
	{400, &ws.Upgrader{}, func() *http.Request { return request("Sec-WebSocket-Key", "c2hvcnQ=") }, nil},
	{403, &ws.Upgrader{}, func() *http.Request { return request("Origin", "https://evil.example") }, nil},
	{405, &ws.Upgrader{}, func() *http.Request { return withMethod(request(), http.MethodPut) }, nil},
	{426, &ws.Upgrader{}, func() *http.Request { return request("Connection", "keep-alive") }, nil},
	{426, &ws.Upgrader{}, func() *http.Request { return request("Sec-WebSocket-Version", "8") }, nil},
	{500, &ws.Upgrader{Options: ws.Options{SendBuffer: -1}}, func() *http.Request { return request() }, nil},
	{500, &ws.Upgrader{}, func() *http.Request { return request() }, func(w http.ResponseWriter) http.ResponseWriter { return hijackErrorWriter{w, errors.New("broken")} }},
	{501, &ws.Upgrader{}, func() *http.Request { return request() }, func(w http.ResponseWriter) http.ResponseWriter { return plainResponseWriter{w} }},
	{503, &ws.Upgrader{MaxSessions: 1}, func() *http.Request { return request() }, nil},
}

// What follows a refused handshake is not served as another request.
func TestRefusalEndsConnection(t *testing.T) {
	const smuggled = "GET /admin HTTP/1.1\r\nHost: example.com\r\n\r\n"
	servers := map[string]func(*testing.T, http.Handler) *httptest.Server{"unix": serveUnix}
	for _, over := range transports {
		servers[over.name] = func(t *testing.T, h http.Handler) *httptest.Server { return serve(t, over, h) }
	}
	for over, start := range servers {
		for i, tt := range refusals {
			t.Run(fmt.Sprint(over, "/", tt.status, "/", i), func(t *testing.T) {
				u := copyOptions(tt.options)
				if tt.status == 503 {
					connectTo(t, u)
				}
				refused := make(chan error, 1)
				srv := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/admin" {
						t.Error("the bytes behind the handshake were served as a request")
						return
					}
					if tt.wrap != nil {
						w = tt.wrap(w)
					}
					_, _, err := u.Handle(w, r)
					refused <- err
				}))
				conn := dialServer(t, srv)
				var all bytes.Buffer
				_ = tt.request().Write(&all)
				all.WriteString(smuggled)
				all.Write(masked(fin|opText, []byte(smuggled)))
				if _, err := conn.Write(all.Bytes()); err != nil {
					t.Fatal(err)
				}
				expectRefusal(t, conn, tt.request(), tt.status)
				var why *ws.HandshakeError
				if err := await(t, refused, "Handle's error"); !errors.As(err, &why) || why.Status != tt.status {
					t.Errorf("Handle returned %v", err)
				}
			})
		}
	}
}

// expectRefusal reads an answer, and nothing after it.
func expectRefusal(t *testing.T, conn net.Conn, r *http.Request, status int) {
	t.Helper()
	raw, err := io.ReadAll(conn)
	if err != nil && !isReset(err) {
		t.Fatalf("the client read %q, %v", raw, err)
	}
	br := bufio.NewReader(bytes.NewReader(raw))
	answer, err := http.ReadResponse(br, r)
	if err != nil {
		t.Fatalf("answered with %q: %v", raw, err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status || !answer.Close || len(body) == 0 || br.Buffered() > 0 {
		t.Errorf("answered with %q", raw)
	}
	if h := answer.Header; !strings.HasPrefix(h.Get("Content-Type"), "text/plain") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("answered with %q, in which a browser may find HTML", raw) // it quotes the request
	}
	for _, line := range []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"} {
		if bytes.Contains(raw, []byte("\r\n"+line+"\r\n")) != (status == 426) {
			t.Errorf("answered with %q, which has %s: %v", raw, line, status != 426)
		}
	}
}

// proxied is a handshake as a proxy forwards it that is not configured for WebSocket.
func proxied(host string, headers ...string) *http.Request {
	r := request(headers...)
	r.Host = host
	return r
}

func TestRefusalText(t *testing.T) {
	const page = "https://app.example.com"
	for _, tt := range []struct {
		name    string
		request *http.Request
		want    string // in the answer and the error
	}{
		{"nginx's default", withHTTP10(request("Upgrade", "", "Connection", "close")), "proxy_http_version 1.1"},
		{"HTTP/1.0", withHTTP10(request()), "HTTP/1.0, which has no Upgrade"},
		{"a proxy that takes both away", request("Upgrade", "", "Connection", "close"), "proxy_set_header Upgrade $http_upgrade"},
		{"a proxy that takes Connection away", request("Connection", ""), `Connection: []`},
		{"a proxy that takes Upgrade away", request("Upgrade", ""), `Upgrade: []`},
		{"another Connection", request("Connection", "keep-alive"), `Connection: ["keep-alive"]`},
		{"a browser's address bar", request("Upgrade", "", "Connection", "", "Sec-WebSocket-Key", "", "Sec-WebSocket-Version", ""), "not a WebSocket handshake"},
		{"no key", request("Sec-WebSocket-Key", ""), "Sec-WebSocket-Key is missing"},
		{"a bad key", request("Sec-WebSocket-Key", "c2hvcnQ="), "not 16 bytes in base64"},
		{"two keys", withHeader(request(), "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), "more than one Sec-WebSocket-Key"},
		{"a version", request("Sec-WebSocket-Version", "8"), "version is not 13"},
		{"Host by nginx's default", proxied("127.0.0.1:8080", "Origin", page), "proxy_set_header Host $http_host"},
		{"Host by the name of an upstream", proxied("backend", "Origin", page), "proxy_set_header Host $http_host"},
		{"Host of an IPv6 upstream", proxied("[::1]:8080", "Origin", page), "proxy_set_header Host $http_host"},
		{"another Host noted", proxied("b.example.com", "Origin", page, "X-Forwarded-Host", "app.example.com"), "proxy_set_header Host $http_host"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			_, _, err := ws.Handle(mustNotHijack{w}, tt.request)
			if err == nil {
				t.Fatal("Handle returned no error")
			}
			for _, text := range []string{w.Body.String(), err.Error()} {
				if !strings.Contains(text, tt.want) {
					t.Errorf("%q does not say %q", text, tt.want)
				}
				expectOwnWords(t, text)
			}
		})
	}
}

// A refused browser of another site is not attributed to a proxy.
func TestRefusalOfForeignPage(t *testing.T) {
	for _, r := range []*http.Request{
		proxied("app.example.com", "Origin", "https://evil.example"),
		proxied("app.example.com", "Origin", "https://evil.example", "X-Forwarded-Host", "app.example.com"),
		proxied("localhost:8080", "Origin", "http://localhost:3000"),
		proxied("127.0.0.1:8080", "Origin", "http://localhost:8080"),
		proxied("127.0.0.1:8080", "Origin", "null"),
		proxied("app.example.com", "Origin", "http://%zz"),
	} {
		w := httptest.NewRecorder()
		expectRefused(t, new(ws.Upgrader), mustNotHijack{w}, r, 403)
		if strings.Contains(w.Body.String(), "proxy") {
			t.Errorf("%s on %s: answered with %q", r.Header.Get("Origin"), r.Host, w.Body)
		}
		expectOwnWords(t, w.Body.String())
	}
}

// A client does not control the length of the response or of the log line.
func TestRefusalBoundsQuotedHeader(t *testing.T) {
	long := strings.Repeat("\x01", 1<<16)
	many := request()
	many.Header["Upgrade"] = strings.Split(strings.Repeat("h2c,", 1<<12), ",")
	for _, r := range []*http.Request{
		request("Upgrade", long), request("Connection", long), request("Sec-WebSocket-Version", long), request("Sec-WebSocket-Key", long), many,
		request("Origin", long), request("Origin", "http://"+long), proxied(long, "Origin", "https://app.example.com"),
		proxied(long+".example.com", "Origin", "https://app.example.com", "X-Forwarded-Host", "app.example.com"),
	} {
		w := httptest.NewRecorder()
		_, _, err := ws.Handle(mustNotHijack{w}, r)
		if err == nil || len(err.Error()) > 2500 || w.Body.Len() > 2500 {
			t.Errorf("answered with %d bytes, and reported %.100v", w.Body.Len(), err)
		}
	}
}

// expectOwnWords checks that no text of coder/websocket is in the response.
func expectOwnWords(t *testing.T, text string) {
	t.Helper()
	for _, foreign := range []string{"protocol violation", "failed to accept", "is not authorized for Host", "http.Hijacker", "must be at least", "does not contain", "recorder has no"} {
		if strings.Contains(text, foreign) {
			t.Errorf("%q has foreign words in it", text)
		}
	}
}

// panickingWriter asserts that it wraps a Hijacker, and cannot answer after a failure,
// as gin's writer.
type panickingWriter struct {
	http.ResponseWriter
	hijacked bool
}

func (w *panickingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *panickingWriter) WriteHeader(status int) {
	if !w.hijacked {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *panickingWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func TestRefusalNamesUnhijackableWriter(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		wrap   func(http.ResponseWriter) http.ResponseWriter
		status int
		want   string
	}{
		{"bare", func(w http.ResponseWriter) http.ResponseWriter { return plainResponseWriter{w} }, 501, "ws_test.plainResponseWriter cannot be hijacked"},
		{"bare, wrapped", func(w http.ResponseWriter) http.ResponseWriter { return unwrappingWriter{plainResponseWriter{w}} }, 501, "ws_test.plainResponseWriter cannot"},
		{"bare, in one that panics", func(w http.ResponseWriter) http.ResponseWriter {
			return &panickingWriter{plainResponseWriter{w}, false}
		}, 501, "ws_test.plainResponseWriter cannot"},
		{"not supported", func(w http.ResponseWriter) http.ResponseWriter { return hijackErrorWriter{w, http.ErrNotSupported} }, 501, "ws_test.hijackErrorWriter cannot"},
		{"broken", func(w http.ResponseWriter) http.ResponseWriter { return hijackErrorWriter{w, broken} }, 500, "ws_test.hijackErrorWriter: broken"},
		{"broken, in one that cannot answer then", func(w http.ResponseWriter) http.ResponseWriter {
			return &panickingWriter{hijackErrorWriter{w, broken}, false}
		}, 500, "ws_test.panickingWriter: broken"},
		{"no connection", func(w http.ResponseWriter) http.ResponseWriter { return connWriter{w, nil, nil} }, 500, "ws_test.connWriter: no connection"},
	} {
		for _, over := range transports {
			t.Run(tt.name+","+over.name, func(t *testing.T) {
				refused := make(chan error, 1)
				srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _, err := ws.Handle(tt.wrap(w), r)
					refused <- err
				}))
				conn := dialServer(t, srv)
				if err := request().Write(conn); err != nil {
					t.Fatal(err)
				}
				expectRefusal(t, conn, request(), tt.status)
				if err := await(t, refused, "Handle's error"); !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Handle returned %v, want it to say %q", err, tt.want)
				}
			})
		}
	}
}

func TestRefusalNamesTimeoutHandler(t *testing.T) {
	srv := serve(t, transports[0], http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, _ = ws.Handle(w, r)
	}), testTimeout, ""))
	_, answer := handshakeWith(t, srv, request())
	if body, err := io.ReadAll(answer.Body); answer.StatusCode != 501 || !strings.Contains(string(body), "*http.timeoutWriter") || !answer.Close {
		t.Errorf("answered with %s %v %q, %v", answer.Status, answer.Header, body, err)
	}
}
