package ws_test

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// dialedConn is a connection to a server that answers a request with the text that answer
// returns, and then says no more.
type dialedConn struct {
	*fuzzConn
	answer   func(*http.Request) []byte
	request  []byte
	answered bool
}

func (c *dialedConn) Write(p []byte) (int, error) {
	if c.answered {
		return c.fuzzConn.Write(p)
	}
	c.request = append(c.request, p...)
	if bytes.HasSuffix(c.request, []byte("\r\n\r\n")) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.request)))
		if err != nil {
			return 0, err
		}
		c.change(func() { c.answered, c.in = true, c.answer(r) })
	}
	return len(p), nil
}

// Read waits until the request was written.
func (c *dialedConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	for !c.answered && !c.closed {
		c.changed.Wait()
	}
	c.mu.Unlock()
	return c.fuzzConn.Read(p)
}

// The options of a fuzzed Dial.
const (
	fuzzOffers      = 1 << iota // compression is offered
	fuzzNames                   // and subprotocols are
	fuzzSmallReads              // bytes arrive one by one
	fuzzServerStays             // the server does not end the connection after its answer
)

// FuzzDial has a server answer the handshake of Dial with any text, in which the name of
// the right Sec-WebSocket-Accept stands for it. It must not panic, must begin a session when
// the naive checker says so and only then, and must leave nothing.
func FuzzDial(f *testing.F) {
	good := []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"}
	for i, change := range [][]string{
		{}, {"Upgrade: WebSocket"}, {"Upgrade: websocket, h2c"}, {"Connection: close, UPGRADE"}, {"Connection: keep-alive"},
		{"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, {"+Sec-WebSocket-Accept: {accept}"}, {"+Upgrade: websocket"},
		{"+Sec-WebSocket-Protocol: chat"}, {"+Sec-WebSocket-Protocol: chat, v2"}, {"+Sec-WebSocket-Protocol:"}, {"+Content-Length: 5"},
		{"+Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"}, {"+Sec-WebSocket-Extensions: x"}, {"+Transfer-Encoding: chunked"},
	} {
		headers := slices.Clone(good)
		for _, line := range change {
			if line[0] == '+' {
				headers = append(headers, line[1:])
				continue
			}
			name, _, _ := strings.Cut(line, ":")
			headers = append(slices.DeleteFunc(headers, func(old string) bool { return strings.HasPrefix(old, name+":") }), line)
		}
		f.Add("HTTP/1.1 101 Switching Protocols", strings.Join(headers, "\r\n"), []byte("\x81\x02hi"), byte(i))
		f.Add("HTTP/1.1 101 Switching Protocols", strings.Join(headers, "\n"), []byte("\x88\x00"), byte(15-i))
	}
	for i, line := range []string{"HTTP/1.1 200 OK", "HTTP/1.0 101", "HTTP/1.1 302 Found\r\nLocation: /other", "HTTP/1.1 103 Early Hints", "HTTP/2.0 101 x", "HTTP/1.1 503 No\r\nRetry-After: 5", ""} {
		f.Add(line, strings.Join(good, "\r\n"), []byte("body"), byte(i))
	}
	f.Fuzz(func(t *testing.T, line, headers string, rest []byte, options byte) {
		synctest.Test(t, func(t *testing.T) {
			d := &ws.Dialer{HTTPClient: scriptedClient()}
			if options&fuzzOffers != 0 {
				d.Compression = ws.Balanced()
			}
			if options&fuzzNames != 0 {
				d.Subprotocols = []string{"chat", "v2"}
			}
			fuzzDial(t, d, line+"\r\n"+headers+"\r\n\r\n", rest, options)
		})
	})
}

func fuzzDial(t *testing.T, d *ws.Dialer, head string, rest []byte, options byte) {
	conn := &dialedConn{fuzzConn: newFuzzConn()}
	conn.ended = options&fuzzServerStays == 0
	if options&fuzzSmallReads != 0 && len(head)+len(rest) < mostReads {
		conn.most = 1
	}
	var request *http.Request
	conn.answer = func(r *http.Request) []byte {
		request = r
		head = strings.ReplaceAll(head, "{accept}", acceptOf(r))
		return append([]byte(head), rest...)
	}
	session, stream, err := dialURL(d, conn, "ws://example.com/chat")
	if (err == nil) != (session != nil) || (err == nil) != (stream != nil) {
		t.Fatalf("Dial returned %v, %v, %v", session, stream, err)
	}
	checkDialed(t, d, request, head+string(rest), err)
	if err == nil {
		_ = stream.Discard()
		conn.change(func() { conn.ended = true })
		time.Sleep(time.Minute)
		await(t, session.Done(), "the session's end")
	}
	if time.Sleep(time.Minute); !conn.isClosed() {
		t.Fatalf("%q leaves the connection, and Dial returned %v", head, err)
	}
}

// checkDialed compares what Dial has returned with what the naive checker says.
func checkDialed(t *testing.T, d *ws.Dialer, request *http.Request, text string, err error) {
	response, bad := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), request)
	var refused *ws.HandshakeError
	switch {
	case errors.As(err, &refused) && (bad != nil || refused.Status != response.StatusCode && response.StatusCode/100 != 1):
		t.Fatalf("%q: Dial returned %v, and net/http reads %v", text, err, bad)
	case err == nil && (bad != nil || response.StatusCode/100 != 1):
		t.Fatalf("%q: Dial returned a session, and net/http reads %v", text, bad)
	case bad != nil || response.StatusCode != http.StatusSwitchingProtocols:
		return // net/http goes on after other statuses of 100 to 199
	}
	switch good, extends := naivelyAgrees(d, request, response); {
	case err == nil && !good:
		t.Fatalf("%q: Dial returned a session", text)
	case err != nil && good && !extends:
		t.Fatalf("%q: Dial returned %v", text, err)
	}
}

// naivelyAgrees checks a response by the rules of RFC 6455 §4.1, one after the other. If it
// has extensions, which other tests are about, it agrees if some were offered.
func naivelyAgrees(d *ws.Dialer, request *http.Request, response *http.Response) (good, extends bool) {
	h := response.Header
	upgrades := false
	for _, element := range strings.Split(strings.Join(h["Connection"], ","), ",") {
		upgrades = upgrades || strings.EqualFold(strings.Trim(element, " \t"), "upgrade")
	}
	protocols, extensions := h["Sec-Websocket-Protocol"], h["Sec-Websocket-Extensions"]
	return upgrades &&
		len(h["Upgrade"]) == 1 && strings.EqualFold(h["Upgrade"][0], "websocket") &&
		slices.Equal(h["Sec-Websocket-Accept"], []string{acceptOf(request)}) &&
		(len(protocols) == 0 || len(protocols) == 1 && slices.Contains(d.Subprotocols, protocols[0])) &&
		(len(extensions) == 0 || d.Compression.Level > 0), len(extensions) > 0
}
