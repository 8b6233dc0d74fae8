package ws_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestSubprotocolBadOption(t *testing.T) {
	for _, tt := range []struct {
		names []string
		says  string
	}{
		{[]string{""}, "name 1 in Upgrader.Subprotocols is empty"},
		{[]string{"chat", ""}, "name 2 in Upgrader.Subprotocols is empty"},
		{[]string{"chat", "my chat"}, `"my chat" in Upgrader.Subprotocols is not a token`},
		{[]string{" chat"}, `" chat" in`},
		{[]string{"chat,superchat"}, `"chat,superchat" in`},
		{[]string{"chat;v=1"}, "not a token"},
		{[]string{"chat/1"}, "not a token"},
		{[]string{"[chat]"}, "not a token"},
		{[]string{`"chat"`}, "not a token"},
		{[]string{"手机"}, "not a token"},
		{[]string{"chat\r\nX-Evil: 1"}, "not a token"},
		{[]string{"chat\x7f"}, "not a token"},
		{[]string{"a", "b", "a"}, `"a" is in Upgrader.Subprotocols twice`},
	} {
		for range 2 { // the second time it is remembered
			w := httptest.NewRecorder()
			expectRefused(t, &ws.Upgrader{Subprotocols: tt.names}, mustNotHijack{w}, request("Sec-WebSocket-Protocol", "chat"), 500)
			if w.Code != 500 || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("%q: answered with %d %s", tt.names, w.Code, w.Body)
			}
		}
	}
	names := []string{"a", "A", "graphql-transport-ws", "v10.stomp", "!#$%&'*+-.^_`|~09azAZ"}
	handshakeInSynctest(t, &ws.Upgrader{Subprotocols: names}, request("Sec-WebSocket-Protocol", names[4]), func(w *responseWriter) {
		if got := w.response.header.Get("Sec-WebSocket-Protocol"); got != names[4] {
			t.Errorf("agreed on %q", got)
		}
	})
}

func TestSubprotocolSetAsHeader(t *testing.T) {
	for _, tt := range []struct {
		set, asked, names []string
		want              string
	}{
		{[]string{"chat"}, []string{"chat"}, nil, "chat"},
		{[]string{"chat"}, []string{"x, y", "z ,chat"}, nil, "chat"},
		{[]string{"chat"}, []string{"other, chat"}, []string{"other"}, "chat"},
		{[]string{"chat"}, []string{"other"}, []string{"other"}, "other"},
		{[]string{"chat"}, []string{"Chat"}, nil, ""},
		{[]string{"chat"}, []string{"other"}, nil, ""},
		{[]string{"chat"}, nil, nil, ""},
		{[]string{""}, []string{","}, nil, ""},
		{[]string{"a, b"}, []string{"a, b"}, nil, ""},
		{[]string{"a b"}, []string{"a b"}, nil, ""},
		{[]string{"a", "b"}, []string{"b, a"}, nil, "a"},
	} {
		for _, over := range transports {
			t.Run(fmt.Sprintf("%s,set=%q,asked=%q", over.name, tt.set, tt.asked), func(t *testing.T) {
				agreed := make(chan string, 1)
				srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header()["Sec-Websocket-Protocol"] = tt.set
					session, stream, err := (&ws.Upgrader{Subprotocols: tt.names}).Handle(w, r)
					if err != nil {
						t.Error(err)
						close(agreed)
						return
					}
					agreed <- session.Subprotocol()
					_ = echo(session, stream.Aggregate(0))
				}))
				r := request()
				r.Header["Sec-Websocket-Protocol"] = tt.asked
				c, answer := handshakeWith(t, srv, r)
				if got := await(t, agreed, "the subprotocol"); got != tt.want {
					t.Errorf("Subprotocol returned %q, want %q", got, tt.want)
				}
				var want []string
				if tt.want != "" {
					want = []string{tt.want}
				}
				if got := answer.Header.Values("Sec-WebSocket-Protocol"); answer.StatusCode != 101 || !slices.Equal(got, want) {
					t.Errorf("answered with %s and %q, want %q", answer.Status, got, want)
				}
				expectEcho(t, c)
			})
		}
	}
}

func TestSubprotocolsOfRequest(t *testing.T) {
	for _, tt := range []struct{ lines, want []string }{
		{nil, nil},
		{[]string{""}, nil},
		{[]string{" ,\t,,"}, nil},
		{[]string{"chat"}, []string{"chat"}},
		{[]string{"b, a,B", "", "c"}, []string{"b", "a", "B", "c"}},
		{[]string{"\ta\t ,b , c"}, []string{"a", "b", "c"}},
		{[]string{"a, a", "a"}, []string{"a", "a", "a"}},
		{[]string{`"a, b", c d, e;f, g/h, i=j, é, k`}, []string{"k"}},
		{[]string{"\u00a0a, b\u00a0, c\x00"}, nil},
	} {
		r := &http.Request{Header: http.Header{"Sec-Websocket-Protocol": tt.lines}}
		if got := ws.Subprotocols(r); !slices.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("%q: %q, want %q", tt.lines, got, tt.want)
		}
	}
	if got := append(ws.Subprotocols(nil), ws.Subprotocols(new(http.Request))...); got != nil {
		t.Errorf("no request lists %q", got)
	}
}

func TestIsUpgradeNeedsBothHeaders(t *testing.T) {
	for _, tt := range []struct {
		connection, upgrade []string
		want                bool
	}{
		{[]string{"Upgrade"}, []string{"websocket"}, true},
		{[]string{"UPGRADE"}, []string{"WebSocket"}, true},
		{[]string{"keep-alive, upgrade"}, []string{"websocket"}, true},
		{[]string{"keep-alive,\tUpgrade\t,x"}, []string{"h2c , websocket"}, true},
		{[]string{"keep-alive", "", "Upgrade"}, []string{"h2c", "websocket"}, true},
		{nil, []string{"websocket"}, false},
		{[]string{"Upgrade"}, nil, false},
		{[]string{"Upgrade"}, []string{""}, false},
		{[]string{""}, []string{"websocket"}, false},
		{[]string{"keep-alive"}, []string{"websocket"}, false},
		{[]string{"Upgrades"}, []string{"websocket"}, false},
		{[]string{"keep-alive Upgrade"}, []string{"websocket"}, false},
		{[]string{`"Upgrade"`}, []string{"websocket"}, false},
		{[]string{"Upgrade"}, []string{"h2c"}, false},
		{[]string{"Upgrade"}, []string{"websocket2"}, false},
		{[]string{"Upgrade"}, []string{"websocket/13"}, false},
		{[]string{"Upgrade"}, []string{"web socket"}, false},
		{[]string{"Upgrade"}, []string{"websoc\u212Aet"}, false}, // whose lower case is k
		{[]string{"Upgrade"}, []string{"web\u017Focket"}, false}, // whose upper case is S
		{[]string{"\u00a0Upgrade"}, []string{"websocket"}, false},
		{[]string{"Upgrade\u0085"}, []string{"websocket"}, false},
		{[]string{"Upgrade"}, []string{"h2c,\u3000websocket"}, false},
		{[]string{"Upgrade"}, []string{"\vwebsocket"}, false},
	} {
		r := &http.Request{Header: http.Header{"Connection": tt.connection, "Upgrade": tt.upgrade}}
		if got := ws.IsUpgrade(r); got != tt.want {
			t.Errorf("Connection %q, Upgrade %q: %v", tt.connection, tt.upgrade, got)
		}
		r = request()
		r.Header["Connection"], r.Header["Upgrade"] = tt.connection, tt.upgrade
		if tt.want {
			handshakeInSynctest(t, new(ws.Upgrader), r, func(*responseWriter) {})
		} else {
			expectRefused(t, new(ws.Upgrader), mustNotHijack{httptest.NewRecorder()}, r, 426)
		}
	}
	if ws.IsUpgrade(nil) || ws.IsUpgrade(new(http.Request)) {
		t.Error("no request is an upgrade")
	}
}

// What a client offers badly is declined, and nothing else: it gets a session
// without compression.
func TestCompressionBadOfferIsDeclined(t *testing.T) {
	const good = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for offer, want := range map[string]string{
		"permessage-deflate":                                      good,
		"permessage-deflate;":                                     "",
		"permessage-deflate; ":                                    "",
		"permessage-deflate; client_max_window_bits;":             "",
		"permessage-deflate;; client_max_window_bits":             "",
		"permessage-deflate;, permessage-deflate":                 good,
		"permessage-deflate; client_max_window_bits=7":            "",
		"permessage-deflate, ":                                    good,
		"x-webkit-deflate-frame;, permessage-deflate; ;":          "",
		"permessage-deflate; server_max_window_bits":              "",
		"permessage-deflate; unknown, , permessage-deflate":       good,
		"permessage-deflate; server_max_window_bits=\"10\"; ; x=": "",
	} {
		for _, over := range transports {
			p := serverSide.connectCompressing(t, over, &ws.Upgrader{Compression: ws.Frugal()}, offer)
			if p.extensions != want {
				t.Errorf("%s: %q was answered by %q, want %q", over.name, offer, p.extensions, want)
			}
			go func() { _ = echo(p.session, p.stream.Aggregate(0)) }()
			expectEcho(t, p.client)
		}
	}
}

// A header of the largest size that net/http takes is read without
// allocating more than its length.
func TestHandshakeLongHeaderMemory(t *testing.T) {
	const size = http.DefaultMaxHeaderBytes
	for _, name := range []string{"Connection", "Upgrade", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"} {
		for _, element := range []string{",", "a,", ";", "=\",", "chat,", "permessage-deflate;,", "permessage-deflate;server_max_window_bits=9;x,"} {
			list := strings.Repeat(element, size/len(element)) + map[string]string{"Connection": "upgrade", "Upgrade": "websocket"}[name]
			u := &ws.Upgrader{Compression: ws.Frugal(), Subprotocols: []string{"other"}}
			r := request(name, list)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := u.Handle(&originProbe{ResponseRecorder: httptest.NewRecorder()}, r)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; err == nil || got > size {
				t.Errorf("%s of many %q: %d bytes were allocated", name, element, got)
			}
		}
	}
}
