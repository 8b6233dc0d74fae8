package handshake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// readOnly hides the Write of a body, as middleware does that counts what is read.
type readOnly struct{ io.ReadCloser }

func hideWrite(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil {
			resp.Body = readOnly{resp.Body}
		}
		return resp, err
	})
}

// hideTrace sends requests with another context.
func hideTrace(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		return next.RoundTrip(r.WithContext(context.Background()))
	})
}

// wrapBody wraps a body so that it can be written to.
func wrapBody(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil {
			resp.Body = struct{ io.ReadWriteCloser }{resp.Body.(io.ReadWriteCloser)}
		}
		return resp, err
	})
}

// andAnother sends a request, and then another one that it reports as well.
func andAnother(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil {
			other, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			_ = other.Body.Close()
		}
		return resp, err
	})
}

// twice sends every request twice on connections of its own.
func twice(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		first, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = first.Body.Close()
		return next.RoundTrip(r)
	})
}

// Transports are wrapped by middleware. What they hide is done without where possible.
func TestDialThroughWrappedTransport(t *testing.T) {
	for name, tt := range map[string]struct {
		wrap func(http.RoundTripper) http.RoundTripper
		says string
		conn net.Conn // of this type
	}{
		"the body's Write is hidden": {hideWrite, "", (*net.TCPConn)(nil)},
		"the trace is hidden":        {hideTrace, "", (*net.TCPConn)(nil)},
		"the body is wrapped":        {wrapBody, "", (*net.TCPConn)(nil)},
		"the body too is wrapped":    {func(n http.RoundTripper) http.RoundTripper { return wrapBody(hideTrace(n)) }, "", (*bodyConn)(nil)},
		"requests are sent twice":    {twice, "", (*net.TCPConn)(nil)},
		"another request is sent":    {andAnother, "", (*net.TCPConn)(nil)},
		"both are hidden":            {func(n http.RoundTripper) http.RoundTripper { return hideWrite(hideTrace(n)) }, "handshake.readOnly", nil},
		"the body is lost": {func(n http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := n.RoundTrip(r)
				if err == nil {
					_ = resp.Body.Close()
					resp.Body = nil
				}
				return resp, err
			})
		}, "hides the connection", nil},
	} {
		t.Run(name, func(t *testing.T) {
			const early = "early"
			ended := make(chan struct{}, 2)
			u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				echoing(func(r *http.Request) string { return answer(r) + early }).ServeHTTP(w, r)
				ended <- struct{}{}
			}))
			d, err := dial(t, u, DialOptions{HTTPClient: &http.Client{Transport: tt.wrap(new(http.Transport))}})
			if tt.says != "" {
				if refusal := (*Refusal)(nil); err == nil || errors.As(err, &refusal) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("Dial returned %v, which does not say %q", err, tt.says)
				}
				<-ended // the connection is closed
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, want := reflect.TypeOf(d.Conn), reflect.TypeOf(tt.conn); got != want {
				t.Errorf("Dial returned a %v, want a %v", got, want)
			}
			converse(t, d, early)
			_ = d.Conn.Close()
			<-ended
		})
	}
}

// The trace in the program's context is called as well.
func TestDialKeepsTheProgramsTrace(t *testing.T) {
	var got net.Conn
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { got = info.Conn },
	})
	d, err := Dial(ctx, serve(t, echoing(correct)), DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Conn.Close()
	if got != d.Conn {
		t.Errorf("GotConn was called with %v, and Dial returned %v", got, d.Conn)
	}
}

// The names of headers are spelled as in the RFC on the wire, and canonically for
// middleware.
func TestDialSpellsHeaders(t *testing.T) {
	for prefix, transport := range map[string]http.RoundTripper{
		"Sec-WebSocket-": new(http.Transport),
		"Sec-Websocket-": hideWrite(new(http.Transport)),
	} {
		var names []string
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			WroteHeaderField: func(name string, _ []string) { names = append(names, name) },
		})
		d, err := Dial(ctx, serve(t, echoing(func(r *http.Request) string { return answer(r, "Sec-WebSocket-Protocol", "x") })), DialOptions{
			Extensions: "x", Subprotocols: []string{"x"}, HTTPClient: &http.Client{Transport: transport},
		})
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Conn.Close()
		for _, name := range []string{"Key", "Version", "Extensions", "Protocol"} {
			if !slices.Contains(names, prefix+name) {
				t.Errorf("wrote the headers %q, without %s", names, prefix+name)
			}
		}
	}
}

// recordingBody is the body of a 101 that records what is done to it.
type recordingBody struct {
	bytes.Buffer
	reads, closes int
}

func (b *recordingBody) Read([]byte) (int, error) { b.reads++; return 0, io.EOF }
func (b *recordingBody) Close() error             { b.closes++; return nil }

// Dial relies on what coder/websocket does here. A version that does otherwise fails
// this test.
func TestDialOfCoder(t *testing.T) {
	body := new(recordingBody)
	var sent *http.Request
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		sent = r
		accept, _, err := verify(r)
		return &http.Response{
			StatusCode: 101, Body: body, Request: r,
			Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {accept}},
		}, err
	})
	before := runtime.NumGoroutine()
	conn, _, err := websocket.Dial(t.Context(), "ws://server.example/", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"Sec-Websocket-Extensions": {"x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if sent.URL.Scheme != "http" || sent.Header.Get("Sec-WebSocket-Extensions") != "x" || sent.Header.Get("Sec-WebSocket-Version") != version {
		t.Errorf("sent %v with %q", sent.URL, sent.Header)
	}
	if body.reads != 0 || body.closes != 0 || body.Len() != 0 {
		t.Errorf("Dial read the body %d times, closed it %d times and wrote %q", body.reads, body.closes, body)
	}
	if err := conn.CloseNow(); err != nil || body.closes != 1 {
		t.Errorf("CloseNow closed the body %d times and returned %v", body.closes, err)
	}
	for began := time.Now(); runtime.NumGoroutine() > before; runtime.Gosched() { // those of other tests end meanwhile
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// A connection that is not returned is closed, and so is the body, which may be a
// wrapper that counts.
func TestExchangeCloses(t *testing.T) {
	body, conn := new(recordingBody), new(fakeConn)
	x := &exchange{conn: &tracedConn{conn: conn}, response: &http.Response{StatusCode: 101, Body: body}}
	x.close()
	if body.closes != 1 || !conn.closed {
		t.Errorf("the body was closed %d times, the connection: %v", body.closes, conn.closed)
	}
	conn.closed, x.taken = false, true
	x.close()
	if body.closes != 1 || conn.closed {
		t.Error("closed what belongs to the caller of Dial")
	}
}
