package ws_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// goodHandshake is the one of RFC 6455 §1.3, line by line.
var goodHandshake = []string{
	"Host: server.example.com", "Upgrade: websocket", "Connection: Upgrade",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: http://server.example.com",
	"Sec-WebSocket-Protocol: chat, superchat", "Sec-WebSocket-Version: 13",
}

// handshakeChanges are lines in place of those with the same name, or beside
// them after a plus sign.
var handshakeChanges = [][]string{
	{}, {"Host:"}, {"Upgrade:"}, {"Upgrade: h2c, WebSocket"}, {"Upgrade:", "+Upgrade: websocket"}, {"Upgrade: websocket2"}, {"Upgrade: websoc\u212Aet"}, {"Connection: \u00a0Upgrade"},
	{"Connection: keep-alive, upgrade"}, {"Connection: keep-alive", "+Connection: Upgrade"}, {"Connection: close"},
	{"Sec-WebSocket-Key:"}, {"Sec-WebSocket-Key: c2hvcnQ="}, {"+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
	{"Sec-WebSocket-Version: 8"}, {"Sec-WebSocket-Version: 8, 13"}, {"+Sec-WebSocket-Version: 8"},
	{"Upgrade:", "+Upgrade: websocket", "+Sec-WebSocket-Version: 8"},
	{"Origin: null"}, {"Origin: https://evil.example"}, {"Origin: https://SERVER.example.com"}, {"+Origin: https://evil.example"},
	{"Origin: null", "Host:"}, {"Origin: http://a.example.org"}, {"Origin: //server.example.com"}, {"Origin: http://user@server.example.com"},
	{"Origin: http://server.example.com:80"}, {"Origin: https://server.example.com:80"}, {"Origin: capacitor://server.example.com"},
	{"Sec-WebSocket-Protocol:"}, {"Sec-WebSocket-Protocol: ,, v2"}, {"Sec-WebSocket-Protocol: CHAT", "+Sec-WebSocket-Protocol: v2"},
	{"+Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"}, {"+Sec-WebSocket-Extensions: ;;;,,=\"\""},
	{"+Content-Length: 5"}, {"+Transfer-Encoding: chunked"}, {"+Expect: 100-continue"},
}

// changed is the good handshake with a change.
func changed(lines ...string) string {
	all := slices.Clone(goodHandshake)
	for _, line := range lines {
		if strings.HasPrefix(line, "+") {
			all = append(all, line[1:])
			continue
		}
		name, _, _ := strings.Cut(line, ":")
		i := slices.IndexFunc(all, func(old string) bool { return strings.HasPrefix(old, name+":") })
		all[i] = line
	}
	return strings.Join(all, "\r\n")
}

// The writers of a fuzzed handshake, and its options.
const (
	fuzzNoHijack = 1 << iota
	fuzzHijackFails
	fuzzTLS
	fuzzAnyOrigin
	fuzzPatterns
	fuzzSubprotocols
)

// FuzzHandshake has Handle answer a request. It must not panic, must begin a
// session when the naive checker says so and only then, and must have answered
// with what it reports otherwise.
func FuzzHandshake(f *testing.F) {
	for i, change := range handshakeChanges {
		f.Add("GET /chat HTTP/1.1", changed(change...), byte(0))
		f.Add("GET /chat HTTP/1.1", changed(change...), byte(i*4))
	}
	for _, line := range []string{"GET / HTTP/1.0", "POST / HTTP/1.1", "GET http://other.example/ HTTP/1.1", "PRI * HTTP/2.0"} {
		f.Add(line, changed(), byte(fuzzTLS|fuzzSubprotocols))
	}
	f.Fuzz(func(t *testing.T, line, headers string, options byte) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(line + "\r\n" + headers + "\r\n\r\n")))
		if err != nil {
			return // net/http answers that itself
		}
		if strings.Contains(r.Header.Get("Origin")+r.Host, "%") {
			return // net/url treats zones differently
		}
		if options&fuzzTLS != 0 {
			r = withTLS(r)
		}
		u := &ws.Upgrader{AllowAnyOrigin: options&fuzzAnyOrigin != 0}
		if options&fuzzPatterns != 0 {
			u.OriginPatterns = []string{"*.example.org", "http://plain.example.org"}
		}
		if options&fuzzSubprotocols != 0 {
			u.Subprotocols = []string{"v2", "chat"}
		}
		fuzzHandshake(t, u, r, options)
	})
}

// recordingWriter is a writer that records the headers as they were sent.
type recordingWriter struct {
	responseWriter
	sent http.Header
}

func (w *recordingWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.sent = w.Header().Clone()
	}
	w.responseWriter.WriteHeader(status)
}

func fuzzHandshake(t *testing.T, u *ws.Upgrader, r *http.Request, options byte) {
	conn := newScript(nil, 1)
	seen := &recordingWriter{responseWriter: responseWriter{conn: conn}}
	var w http.ResponseWriter = seen
	hijacks := options&(fuzzNoHijack|fuzzHijackFails) == 0
	switch {
	case options&fuzzNoHijack != 0:
		w = plainResponseWriter{seen}
	case options&fuzzHijackFails != 0:
		w = hijackErrorWriter{seen, errors.New("no luck")}
	}
	session, stream, err := u.Handle(w, r)
	if want := naivelyGood(u, r) && hijacks; (err == nil) != want || (session == nil) == want || (stream == nil) == want {
		t.Fatalf("%s %q: error %v, and the naive checker says %v", r.Method, r.Header, err, want)
	}
	if err != nil {
		checkRefusal(t, r, seen, err, hijacks)
		return
	}
	checkAnswer(t, u, r, seen, session.Subprotocol())
	_ = session.Close(ws.CloseReason{})
	await(t, session.Done(), "the session's end")
}

// naivelyGood checks a request by the rules of RFC 6455 §4.2.1 and §10.2, one
// after the other.
func naivelyGood(u *ws.Upgrader, r *http.Request) bool {
	if !ws.IsUpgrade(r) {
		return false // what it promises
	}
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	return r.Method == "GET" &&
		r.ProtoMajor == 1 && r.ProtoMinor >= 1 &&
		r.ContentLength == 0 &&
		lists(r.Header, "Connection", "upgrade") &&
		lists(r.Header, "Upgrade", "websocket") &&
		slices.Equal(r.Header.Values("Sec-WebSocket-Version"), []string{"13"}) &&
		len(r.Header.Values("Sec-WebSocket-Key")) == 1 && err == nil && len(key) == 16 &&
		(u.AllowAnyOrigin || naivelyAllowed(u, r))
}

// lists reports whether a header lists a token, in any case.
func lists(h http.Header, name, token string) bool {
	for item := range strings.SplitSeq(strings.Join(h.Values(name), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}

// spelled reports whether h has a header with one value, under exactly this name.
func spelled(h http.Header, name, value string) bool { return slices.Equal(h[name], []string{value}) }

// checkRefusal checks the response to a client that is refused.
func checkRefusal(t *testing.T, r *http.Request, seen *recordingWriter, err error, hijacks bool) {
	t.Helper()
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) || refused.Err == nil {
		t.Fatalf("%v is no HandshakeError, or has no cause", err)
	}
	statuses := []int{400, 403, 405, 426, 501}
	if !hijacks {
		statuses = append(statuses, 500)
	}
	if !slices.Contains(statuses, seen.status) || seen.status != refused.Status || seen.response.status != 0 {
		t.Fatalf("answered with %d and reported %v", seen.status, err)
	}
	connection := []string{"close"}
	if seen.status == 426 {
		connection = []string{"close", "Upgrade"}
		if !spelled(seen.sent, "Sec-WebSocket-Version", "13") || seen.sent.Get("Upgrade") != "websocket" {
			t.Errorf("answered with 426 and %q", seen.sent)
		}
	}
	if r.ProtoMajor > 1 {
		connection = nil
	}
	if got := seen.sent["Connection"]; !slices.Equal(got, connection) {
		t.Errorf("answered with %d and Connection: %q, want %q", seen.status, got, connection)
	}
	if seen.body.Len() == 0 || seen.sent.Get("Sec-WebSocket-Accept") != "" {
		t.Errorf("answered with %d, %q and the body %q", seen.status, seen.sent, seen.body.String())
	}
}

// checkAnswer checks the response to a client whose session starts.
func checkAnswer(t *testing.T, u *ws.Upgrader, r *http.Request, seen *recordingWriter, protocol string) {
	t.Helper()
	want := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {acceptOf(r)}}
	if protocol != "" {
		want.Set("Sec-WebSocket-Protocol", protocol)
	}
	got := seen.response.header
	for name := range got {
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("answered with %s: %q, want %q", name, got[name], want[name])
		}
	}
	if len(got) != len(want) || seen.response.status != 101 || seen.status != 0 {
		t.Errorf("answered with %d and %q, want 101 and %q", seen.response.status, got, want)
	}
	asked := strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",")
	for _, name := range asked {
		if name = strings.Trim(name, " \t"); slices.Contains(u.Subprotocols, name) {
			if protocol != name {
				t.Errorf("agreed on %q, want %q", protocol, name)
			}
			return
		}
	}
	if protocol != "" {
		t.Errorf("agreed on %q, for which nobody asked", protocol)
	}
}
