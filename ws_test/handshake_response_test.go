package ws_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestHandshakeResponse(t *testing.T) {
	for _, r := range []*http.Request{
		request(),
		request("Connection", "keep-alive, Upgrade"),
		request("Connection", "UPGRADE", "Upgrade", "WebSocket"),
		withHeader(request("Connection", "keep-alive"), "Connection", "upgrade"),
		request("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-unknown"),
	} {
		handshakeInSynctest(t, &ws.Upgrader{}, r, func(w *responseWriter) {
			if w.response.status != 101 || w.status != 0 {
				t.Fatalf("%v: answered with %d, and %d through the writer", r.Header, w.response.status, w.status)
			}
			header := w.response.header
			if got := header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Errorf("%v: Sec-WebSocket-Accept: %q", r.Header, got)
			}
			if header.Get("Upgrade") != "websocket" || header.Get("Connection") != "Upgrade" {
				t.Errorf("%v: answered with %v", r.Header, header)
			}
			for _, name := range []string{"Sec-Websocket-Extensions", "Sec-Websocket-Protocol"} {
				if got, there := header[name]; there {
					t.Errorf("%v: %s: %q was answered, and nothing was agreed", r.Header, name, got)
				}
			}
		})
	}
}

func TestSubprotocolClientsFirstIsChosen(t *testing.T) {
	for _, tt := range []struct {
		client []string // header lines
		server []string
		want   string
	}{
		{nil, []string{"a"}, ""},
		{[]string{"a"}, nil, ""},
		{[]string{"a"}, []string{"a"}, "a"},
		{[]string{"a, b"}, []string{"b", "a"}, "a"},
		{[]string{"x,b ,a"}, []string{"a", "b"}, "b"},
		{[]string{"x", "y, b", "a"}, []string{"a", "b"}, "b"},
		{[]string{"Chat"}, []string{"chat"}, ""},
		{[]string{"chat", "Chat"}, []string{"Chat"}, "Chat"},
		{[]string{"x, y"}, []string{"a"}, ""},
		{[]string{""}, []string{"a"}, ""},
		{[]string{",,"}, []string{"a"}, ""},
		{[]string{"\ta \t, b"}, []string{"b", "a"}, "a"},
		{[]string{"b, b,a,b"}, []string{"a", "b"}, "b"},
		{[]string{`"a", a;q=1, a b, é, a`}, []string{"a", "b"}, "a"},
		{[]string{"not agreed, a"}, []string{"a"}, "a"},
		{[]string{strings.Repeat(",", 100_000) + "a"}, []string{"a"}, "a"},
	} {
		t.Run(fmt.Sprintf("%.40q", append(tt.client, tt.server...)), func(t *testing.T) {
			r := request()
			for _, line := range tt.client {
				r.Header.Add("Sec-WebSocket-Protocol", line)
			}
			synctest.Test(t, func(t *testing.T) {
				end, peer := net.Pipe()
				w := &responseWriter{conn: end}
				w.Header().Set("Sec-WebSocket-Protocol", "not agreed")
				session, _, err := (&ws.Upgrader{Subprotocols: tt.server}).Handle(w, r)
				if err != nil {
					t.Fatal(err)
				}
				if got := session.Subprotocol(); got != tt.want {
					t.Errorf("Subprotocol returned %q, want %q", got, tt.want)
				}
				var want []string
				if tt.want != "" {
					want = []string{tt.want}
				}
				if got := w.response.header.Values("Sec-WebSocket-Protocol"); !slices.Equal(got, want) {
					t.Errorf("answered with %q, want %q", got, want)
				}
				peer.Close()
				_ = session.Close(ws.CloseReason{})
				<-session.Done()
			})
		})
	}
}

func TestHandshakeKeepsHeadersAndCookies(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Request-Id", "42")
				http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
				http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
				session, stream, err := ws.Handle(w, r)
				if err != nil {
					t.Error(err)
					return
				}
				go func() { _ = echo(session, stream.Aggregate(0)) }()
			}))
			c, answer := handshakeWith(t, srv, request())
			if answer.StatusCode != 101 || answer.Header.Get("X-Request-Id") != "42" || len(answer.Cookies()) != 2 {
				t.Fatalf("answered with %s %v", answer.Status, answer.Header)
			}
			expectEcho(t, c)
		})
	}
}

func TestHandlerMayReturnOrStay(t *testing.T) {
	for _, stays := range []bool{false, true} {
		srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, stream, err := ws.Handle(w, r)
			if err != nil {
				t.Error(err)
			} else if stays {
				_ = echo(session, stream.Aggregate(0))
			} else {
				go func() { _ = echo(session, stream.Aggregate(0)) }()
			}
		}))
		expectEcho(t, dial(t, srv, ""))
	}
}

func TestHandshakesAtOnce(t *testing.T) {
	u := &ws.Upgrader{Subprotocols: []string{"chat"}}
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := u.Handle(w, r); err == nil {
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}
	}))
	done := make(chan struct{})
	const clients = 20
	for range clients {
		go func() {
			defer func() { done <- struct{}{} }()
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(testTimeout))
			if err := request("Sec-WebSocket-Protocol", "chat").Write(conn); err != nil {
				t.Error(err)
				return
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || answer.Header.Get("Sec-WebSocket-Protocol") != "chat" {
				t.Errorf("answered with %v, %v", answer, err)
			}
		}()
	}
	for range clients {
		await(t, done, "a client's end")
	}
}
