package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

type users map[string]string

func (u users) User(credential string) (name string, ok bool) {
	name, ok = u[credential]
	return name, ok
}

var anna = users{"c2VjcmV0": "Anna"}

// welcomed expects a session of Anna.
func welcomed(t *testing.T, server *wstest.Server, path string, d *ws.Dialer) *ws.Session {
	t.Helper()
	session, stream, err := server.Dial(t.Context(), path, d)
	if err != nil {
		t.Fatal(err)
	}
	guidetest.Received(t, stream, "welcome, Anna")
	return session
}

// refused expects that the handshake is refused.
func refused(t *testing.T, server *wstest.Server, path string, d *ws.Dialer, status int) {
	t.Helper()
	_, _, err := server.Dial(t.Context(), path, d)
	var refusal *ws.HandshakeError
	if !errors.As(err, &refusal) || refusal.Status != status {
		t.Errorf("%s %+v: error %v, want status %d", path, d, err, status)
	}
}

func withHeader(name, value string) *ws.Dialer {
	return &ws.Dialer{Header: http.Header{name: {value}}}
}

func TestCookie(t *testing.T) {
	server := wstest.NewServer(t, Cookie(anna))
	welcomed(t, server, "/", withHeader("Cookie", "login=c2VjcmV0"))
	refused(t, server, "/", nil, http.StatusUnauthorized)
	refused(t, server, "/", withHeader("Cookie", "login=guessed"), http.StatusUnauthorized)
}

func TestCookieIsNotEnoughForPageOfAnotherSite(t *testing.T) {
	server := wstest.NewServer(t, Cookie(anna))
	dialer := withHeader("Cookie", "login=c2VjcmV0")
	dialer.Header.Set("Origin", "https://evil.example")
	refused(t, server, "/", dialer, http.StatusForbidden)
}

func TestSubprotocol(t *testing.T) {
	server := wstest.NewServer(t, Subprotocol(anna))
	session := welcomed(t, server, "/", &ws.Dialer{Subprotocols: []string{"chat.v1", "bearer.c2VjcmV0"}})
	if got := session.Subprotocol(); got != "chat.v1" {
		t.Errorf("the server has selected %q", got)
	}
	refused(t, server, "/", &ws.Dialer{Subprotocols: []string{"chat.v1", "bearer.guessed"}}, http.StatusUnauthorized)
	refused(t, server, "/", &ws.Dialer{Subprotocols: []string{"chat.v1"}}, http.StatusUnauthorized)
}

func TestFirstMessage(t *testing.T) {
	for _, test := range []struct {
		name, first string
		want        ws.CloseCode // 0 if the session stays open
	}{{"a valid token", "c2VjcmV0", 0}, {"a guessed one", "guessed", 4401}, {"one too long", string(make([]byte, 5<<10)), 4401}} {
		t.Run(test.name, func(t *testing.T) {
			session, stream := wstest.Dial(t, ws.Handler(FirstMessage(anna)))
			guidetest.Send(t, session, test.first)
			if test.want == 0 {
				guidetest.Received(t, stream, "welcome, Anna")
				return
			}
			guidetest.Closed(t, stream, ws.CloseReason{Code: test.want, Description: "the token is not valid"})
		})
	}
}

func TestFirstMessageHasDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, stream := wstest.Dial(t, new(ws.Upgrader).Handler(FirstMessage(anna)))
		guidetest.Closed(t, stream, ws.CloseReason{Code: 4401, Description: "the token is not valid"})
		if waited := time.Since(begin); waited != 5*time.Second {
			t.Errorf("closed after %v", waited)
		}
	})
}

func TestTicketIsForOneHandshake(t *testing.T) {
	tickets := new(Tickets)
	server := wstest.NewServer(t, tickets)
	ticket := tickets.Issue("Anna")
	welcomed(t, server, "/chat?ticket="+ticket, nil)
	refused(t, server, "/chat?ticket="+ticket, nil, http.StatusUnauthorized)
	refused(t, server, "/chat", nil, http.StatusUnauthorized)
}

func TestTicketExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := new(Tickets)
		ticket := tickets.Issue("Anna")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if user, ok := tickets.redeem(ticket); ok {
			t.Errorf("still the ticket of %s", user)
		}
	})
}

func TestExpireClosesSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := wstest.Pair(t, nil, nil)
		defer expire(server.Session, time.Now().Add(10*time.Second))()
		_ = server.Stream.Discard()
		begin := time.Now()
		guidetest.Closed(t, client.Stream, ws.CloseReason{Code: 4401, Description: "the token has expired"})
		if waited := time.Since(begin); waited != 10*time.Second {
			t.Errorf("closed after %v", waited)
		}
	})
}

func TestOrigins(t *testing.T) {
	server := wstest.NewServer(t, pages.Handler(func(*ws.Session, *ws.MessageStream) {}))
	for origin, accepted := range map[string]bool{
		server.URL: true, "https://app.example.com": true, "capacitor://localhost": true,
		"http://app.example.com": false, "https://evil.example": false, "null": false,
	} {
		if !accepted {
			refused(t, server, "/", withHeader("Origin", origin), http.StatusForbidden)
		} else if _, _, err := server.Dial(t.Context(), "/", withHeader("Origin", origin)); err != nil {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

func TestFollowHasNewTokenForEachAttempt(t *testing.T) {
	tokens := []string{"first", "second"}
	var got []string
	server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		if len(got) < len(tokens) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		session, _, err := ws.Handle(w, r)
		if err == nil {
			_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
		}
	}))
	redialer := Follow(server.URL, func(context.Context) (string, error) { return tokens[len(got)], nil })
	redialer.Dialer, redialer.BaseDelay = &ws.Dialer{HTTPClient: server.Client()}, time.Millisecond
	for _, stream := range redialer.All(t.Context()) {
		for range stream.All(t.Context()) {
		}
	}
	if redialer.Err() != nil || len(got) != 2 || got[0] != "Bearer first" || got[1] != "Bearer second" {
		t.Errorf("attempts with %q, error %v", got, redialer.Err())
	}
}

func TestDialSetsHeader(t *testing.T) {
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	if _, _, err := Dial(t.Context(), server.URL, "c2VjcmV0"); err == nil || <-got != "Bearer c2VjcmV0" {
		t.Errorf("error %v, or another header", err)
	}
}
