package handshake

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

// Invalid options and URLs are found before anything is sent, and the errors name the
// option and do not show secrets.
func TestDialChecksOptions(t *testing.T) {
	unused := roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("sent a request")
		return nil, http.ErrNotSupported
	})
	header := func(name string) DialOptions { return DialOptions{Header: http.Header{name: {"x"}}} }
	for name, tt := range map[string]struct {
		url  string
		o    DialOptions
		says string
	}{
		"no URL":              {"", DialOptions{}, "scheme"},
		"no scheme":           {"//server.example/", DialOptions{}, `scheme "" of the URL`},
		"another scheme":      {"ftp://server.example/", DialOptions{}, `scheme "ftp" of the URL`},
		"no host":             {"ws:///path", DialOptions{}, "no host"},
		"only a host":         {"localhost:8080", DialOptions{}, `scheme "localhost" of the URL`},
		"a fragment":          {"ws://server.example/#secret", DialOptions{}, "fragment"},
		"an empty fragment":   {"ws://server.example/#", DialOptions{}, "fragment"},
		"an invalid port":     {"ws://server.example:x/?secret", DialOptions{}, `invalid port ":x"`},
		"a / in the password": {"ws://user:secret/secret@server.example/", DialOptions{}, "invalid URL"},
		"a control character": {"ws://server.example/secret\n", DialOptions{}, "control character"},
		"a reserved header":   {"ws://server.example/", header("Sec-WebSocket-Key"), "Sec-Websocket-Key in Dialer.Header is reserved"},
		"in lower case":       {"ws://server.example/", header("connection"), "Connection in Dialer.Header is reserved"},
		"Upgrade":             {"ws://server.example/", header("Upgrade"), "reserved"},
		"extensions":          {"ws://server.example/", header("Sec-Websocket-Extensions"), "Dialer.Compression"},
		"subprotocols":        {"ws://server.example/", header("Sec-Websocket-Protocol"), "Dialer.Subprotocols"},
		"Host":                {"ws://server.example/", header("Host"), "Dialer.Host"},
		"a body":              {"ws://server.example/", header("Content-Length"), "body"},
		"an empty name":       {"ws://server.example/", DialOptions{Subprotocols: []string{""}}, "Dialer.Subprotocols is empty"},
		"not a token":         {"ws://server.example/", DialOptions{Subprotocols: []string{"a b"}}, "not a token"},
		"a name twice":        {"ws://server.example/", DialOptions{Subprotocols: []string{"a", "a"}}, "in Dialer.Subprotocols twice"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.o.HTTPClient = &http.Client{Transport: unused}
			_, err := dial(t, tt.url, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("Dial returned %v, which does not say %q", err, tt.says)
			}
		})
	}
	var none context.Context
	if _, err := Dial(none, "ws://server.example/", DialOptions{}); err == nil {
		t.Error("no error for a nil context")
	}
}

// What net/http finds invalid has its text, without the URL.
func TestDialInvalidHeader(t *testing.T) {
	_, err := dial(t, "ws://server.example/?secret", DialOptions{Header: http.Header{"X-A": {"secret\n"}}})
	if err == nil || !strings.Contains(err.Error(), "X-A") || strings.Contains(err.Error(), "secret") {
		t.Errorf("Dial returned %v", err)
	}
}
