package ws_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// dialRow is a URL and options of a client, and what changes in its request.
type dialRow struct {
	id   string
	rule *requirement
	url  string
	set  func(*ws.Dialer) // nil for no options
	want []string         // lines of the request besides those that all have
}

// dialRows are all requests of clients.
func dialRows() (rows []dialRow) {
	const host, line = "Host: example.com", "GET /chat HTTP/1.1"
	url := func(rule *requirement, url string, want ...string) {
		rows = append(rows, dialRow{"dial " + url, rule, url, nil, want})
	}
	url(ruleRequestMethod, "ws://example.com/chat", line, host)
	url(ruleRequestUpgrade, "ws://example.com/upgrade", "GET /upgrade HTTP/1.1", host)
	url(ruleRequestConnection, "ws://example.com/connection", "GET /connection HTTP/1.1", host)
	url(ruleRequestKey, "ws://example.com/key", "GET /key HTTP/1.1", host)
	url(ruleRequestVersion, "ws://example.com/version", "GET /version HTTP/1.1", host)
	url(ruleRequestURI, "ws://example.com", "GET / HTTP/1.1", host)
	url(ruleRequestURI, "ws://example.com?a=b", "GET /?a=b HTTP/1.1", host)
	url(ruleRequestURI, "ws://example.com/a%20b/c?d=e&f", "GET /a%20b/c?d=e&f HTTP/1.1", host)
	url(ruleRequestURI, "http://example.com/chat", line, host)
	url(ruleRequestHost, "ws://example.com:8080/chat", line, "Host: example.com:8080")
	url(ruleRequestHost, "ws://[::1]:9000/chat", line, "Host: [::1]:9000")
	url(ruleRequestHost, "wss://example.com/chat", line, host)
	url(ruleRequestHost, "wss://example.com:8443/chat", line, "Host: example.com:8443")
	option := func(name string, rule *requirement, set func(*ws.Dialer), want ...string) {
		rows = append(rows, dialRow{"dial with " + name, rule, "ws://example.com/chat", set, append(want, line, host)})
	}
	option("a subprotocol", ruleRequestProtocols, func(d *ws.Dialer) { d.Subprotocols = []string{"chat"} }, "Sec-WebSocket-Protocol: chat")
	option("two subprotocols", ruleRequestProtocols, func(d *ws.Dialer) { d.Subprotocols = []string{"chat", "a.b-c!"} }, "Sec-WebSocket-Protocol: chat,a.b-c!")
	offer := func(name string, rule *requirement, c ws.Compression, offer string) {
		option(name, rule, func(d *ws.Dialer) { d.Compression = c }, "Sec-WebSocket-Extensions: "+offer)
	}
	offer("compression", ruleDeflateOffers, ws.Dense(), "permessage-deflate; client_max_window_bits")
	offer("no context takeover", ruleDeflateClientOwn, ws.Frugal(), "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits")
	offer("small windows", ruleDeflateOffers, ws.Balanced(), "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12, permessage-deflate; server_no_context_takeover; client_max_window_bits")
	return rows
}

// The request is as its row says, byte for byte but for the order of its lines. Its key is
// 16 bytes that no other request has.
func TestConformanceDials(t *testing.T) {
	keys := make(map[string]bool)
	for _, row := range dialRows() {
		t.Run(row.id, func(t *testing.T) {
			lines := requestOf(t, row)
			i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "Sec-WebSocket-Key: ") })
			if i < 0 {
				t.Fatalf("no key in %q", lines)
			}
			key := strings.TrimPrefix(lines[i], "Sec-WebSocket-Key: ")
			if nonce, err := base64.StdEncoding.DecodeString(key); err != nil || len(nonce) != 16 || keys[key] {
				t.Errorf("the key %q is not 16 bytes in base64, or not the first one", key)
			}
			keys[key] = true
			want := append([]string{"User-Agent: Go-http-client/1.1", "Accept-Encoding: gzip", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", lines[i]}, row.want...)
			slices.Sort(want)
			slices.Sort(lines)
			if !slices.Equal(lines, want) {
				t.Errorf("the client sent %q, want %q", lines, want)
			}
		})
	}
}

// requestOf returns the lines of a request, which is refused.
func requestOf(t *testing.T, row dialRow) (lines []string) {
	t.Helper()
	end, peer := net.Pipe()
	d := newDialer(t, nil)
	if row.set != nil {
		row.set(d)
	}
	d.HTTPClient.Transport.(*http.Transport).DialTLSContext = d.HTTPClient.Transport.(*http.Transport).DialContext // not encrypted
	asked := make(chan []string, 1)
	go func() {
		defer peer.Close()
		var head []string
		for br := bufio.NewReader(peer); ; {
			line, err := br.ReadString('\n')
			if line = strings.TrimSuffix(line, "\r\n"); line == "" || err != nil {
				break
			}
			head = append(head, line)
		}
		asked <- head
		_, _ = fmt.Fprint(peer, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	}()
	if _, _, err := dialURL(d, end, row.url); err == nil {
		t.Error("Dial returned no error")
	}
	return await(t, asked, "the request")
}
