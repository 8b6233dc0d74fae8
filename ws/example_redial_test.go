package ws_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/handset-go/handset/ws"
)

// feed sends the events 1 to 4 to a client, beginning after those that it has, and
// restarts after every second one.
func feed(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "" {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		return
	}
	_ = stream.Discard()
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	for event := after + 1; event <= 4; event++ {
		_ = session.Text(r.Context(), strconv.Itoa(event))
		if event == 2 {
			_ = session.Close(ws.CloseReason{Code: ws.CloseServiceRestart})
			return
		}
	}
	_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
}

// A client that misses no event: it begins each session after the last event that it has
// received, and with a new token.
func ExampleRedialer() {
	server := httptest.NewServer(http.HandlerFunc(feed))
	defer server.Close()
	ctx := context.Background()
	last := "0" // the resume position
	redialer := &ws.Redialer{
		URL:       server.URL,
		BaseDelay: time.Millisecond, // only for the example
		Before: func(ctx context.Context, a *ws.Attempt) error {
			a.URL += "?after=" + last
			a.Header.Set("Authorization", "Bearer token")
			fmt.Println("connecting after event", last)
			return nil
		},
	}
	for _, stream := range redialer.All(ctx) {
		for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
			if err != nil {
				break // whether the loop goes on depends on how the session ends
			}
			if msg.Kind == ws.Text {
				last = string(msg.Data)
				fmt.Println("event", last)
			}
		}
	}
	fmt.Println("the end:", redialer.Err())
	// Output:
	// connecting after event 0
	// event 1
	// event 2
	// connecting after event 2
	// event 3
	// event 4
	// the end: <nil>
}

// To replace a session by a new one, the body returns while the session is open. To end
// the loop, it breaks, or the program closes the session.
func ExampleRedialer_All() {
	server := httptest.NewServer(ws.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		for range stream.All(context.Background()) {
		}
	}))
	defer server.Close()
	redialer := &ws.Redialer{URL: server.URL, BaseDelay: time.Millisecond}
	sessions := 0
	for session := range redialer.All(context.Background()) {
		if sessions++; sessions < 3 {
			continue
		}
		_ = session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "that is all"})
	}
	fmt.Println(sessions, "sessions, then", redialer.Err())
	// Output: 3 sessions, then <nil>
}

// A server that refuses the client's token is not dialed again.
func ExampleRedialer_Err() {
	server := httptest.NewServer(http.HandlerFunc(feed))
	defer server.Close()
	redialer := &ws.Redialer{URL: server.URL}
	for range redialer.All(context.Background()) {
		fmt.Println("connected")
	}
	var refused *ws.HandshakeError
	if errors.As(redialer.Err(), &refused) {
		fmt.Println("refused with", refused.Status)
	}
	// Output: refused with 401
}

func ExampleRetryable() {
	closed := func(code ws.CloseCode) error {
		return &ws.CloseError{Received: ws.CloseReason{Code: code}, ByPeer: true}
	}
	fmt.Println(ws.Retryable(closed(ws.CloseServiceRestart)))
	fmt.Println(ws.Retryable(closed(ws.ClosePolicyViolation)))
	fmt.Println(ws.Retryable(ws.ErrHeartbeatTimeout))
	fmt.Println(ws.Retryable(&ws.HandshakeError{Status: http.StatusServiceUnavailable}))
	fmt.Println(ws.Retryable(&ws.HandshakeError{Status: http.StatusForbidden}))
	// Output:
	// true
	// false
	// true
	// true
	// false
}
