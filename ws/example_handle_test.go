package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/handset-go/handset/ws"
)

// A handler may also stay until its session ends.
func ExampleHandle() {
	greet := func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := ws.Handle(w, r)
		if err != nil {
			log.Print(err)
			return
		}
		defer session.Close(ws.CloseReason{Code: ws.CloseNormal})

		msg, err := stream.Aggregate(100).Recv(context.Background())
		if err != nil || msg.Kind != ws.Text {
			return
		}
		_ = session.Text(context.Background(), "hello, "+string(msg.Data))
	}

	server := httptest.NewServer(http.HandlerFunc(greet))
	defer server.Close()

	ctx := context.Background()
	session, stream, err := ws.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	if err := session.Text(ctx, "Ada"); err != nil {
		log.Fatal(err)
	}
	for msg, err := range stream.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v %q %v\n", msg.Kind, msg.Data, msg.Reason.Code)
	}
	// Output:
	// Text "hello, Ada" 0 no status
	// Close "" 1000 normal
}

// Handle answers a request that is not a WebSocket handshake. The handler only
// returns.
func ExampleHandle_refused() {
	refused := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, err := ws.Handle(w, r)
		refused <- err
	}))
	defer server.Close()

	resp, err := http.Get(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)

	var handshake *ws.HandshakeError
	if errors.As(<-refused, &handshake) {
		fmt.Println("the handler knows:", handshake.Status)
	}
	// Output:
	// 426 Upgrade Required
	// the handler knows: 426
}

// An Upgrader holds options. All handlers may share it.
func ExampleUpgrader_Handle() {
	upgrader := &ws.Upgrader{
		Subprotocols:   []string{"chat.v2", "chat.v1"},
		OriginPatterns: []string{"https://*.example.com"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "visit", Value: "1"}) // will be in the 101
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			return
		}
		defer session.Close(ws.CloseReason{})
		_, _ = stream.Recv(r.Context())
	}))
	defer server.Close()

	cookies, _ := cookiejar.New(nil)
	dial := func(origin string) (*ws.Session, error) {
		dialer := &ws.Dialer{
			HTTPClient:   &http.Client{Jar: cookies},
			Header:       http.Header{"Origin": {origin}},
			Subprotocols: []string{"chat.v1", "chat.v2"}, // the client's order decides
		}
		session, _, err := dialer.Dial(context.Background(), server.URL)
		return session, err
	}

	session, err := dial("https://app.example.com")
	if err != nil {
		log.Fatal(err)
	}
	at, _ := url.Parse(server.URL)
	fmt.Println(session.Subprotocol(), cookies.Cookies(at))
	session.Close(ws.CloseReason{Code: ws.CloseNormal})

	_, err = dial("https://example.org")
	var refused *ws.HandshakeError
	fmt.Println(errors.As(err, &refused) && refused.Status == http.StatusForbidden)
	// Output:
	// chat.v1 [visit=1]
	// true
}

// The same URL may serve a page and a session.
func ExampleIsUpgrade() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ws.IsUpgrade(r) {
			fmt.Fprint(w, "a page")
			return
		}
		session, _, err := ws.Handle(w, r)
		if err != nil {
			return
		}
		_ = session.Text(context.Background(), "a session")
		_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
	}))
	defer server.Close()

	resp, err := http.Get(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)

	ctx := context.Background()
	session, stream, err := ws.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ws.CloseReason{})
	msg, _ := stream.Recv(ctx)
	fmt.Printf("%s\n%s\n", page, msg.Data)
	// Output:
	// a page
	// a session
}

// A handler may select the subprotocol itself: here the newest version that the
// client lists.
func ExampleSubprotocols() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		newest := ""
		for _, name := range ws.Subprotocols(r) {
			if strings.HasPrefix(name, "chat.v") && name > newest {
				newest = name
			}
		}
		if newest != "" {
			w.Header().Set("Sec-WebSocket-Protocol", newest)
		}
		session, _, err := ws.Handle(w, r)
		if err != nil {
			return
		}
		fmt.Println("the server speaks", session.Subprotocol())
		_ = session.Close(ws.CloseReason{})
	}))
	defer server.Close()

	ctx := context.Background()
	dialer := &ws.Dialer{Subprotocols: []string{"chat.v1", "chat.v3", "chat.v2"}}
	session, stream, err := dialer.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	_, _ = stream.Recv(ctx) // waits until the server has closed the session
	fmt.Println("the client speaks", session.Subprotocol())
	// Output:
	// the server speaks chat.v3
	// the client speaks chat.v3
}

// The error has the status and the reason of a refused handshake.
func ExampleHandshakeError() {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/chat", strings.NewReader("hello"))

	_, _, err := ws.Handle(w, r)
	fmt.Println(err)

	var handshake *ws.HandshakeError
	if errors.As(err, &handshake) {
		fmt.Println(handshake.Status, "because:", handshake.Err)
	}
	answer := w.Result()
	body, _ := io.ReadAll(answer.Body)
	fmt.Printf("%s, Allow: %s\n%s", answer.Status, answer.Header.Get("Allow"), body)
	// Output:
	// ws: handshake refused with 405 Method Not Allowed: handshake method is not GET
	// 405 because: handshake method is not GET
	// 405 Method Not Allowed, Allow: GET
	// handshake method is not GET
}
