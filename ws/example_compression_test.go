package ws_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/handset-go/handset/ws"
)

// answer is what a server with the given compression says to a browser, which offers it
// with a window of any size.
func answer(c ws.Compression) string {
	upgrader := &ws.Upgrader{Compression: c}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, _, err := upgrader.Handle(w, r); err == nil {
			_ = session.Close(ws.CloseReason{})
		}
	}))
	defer server.Close()
	request, _ := http.NewRequest(http.MethodGet, server.URL, nil)
	request.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Websocket-Extensions": {"permessage-deflate; client_max_window_bits"},
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	return strings.ReplaceAll(response.Header.Get("Sec-WebSocket-Extensions"), "; ", "\n  ")
}

// Each message is compressed by itself.
func ExampleFrugal() {
	fmt.Println(answer(ws.Frugal()))
	// Output:
	// permessage-deflate
	//   server_no_context_takeover
	//   client_no_context_takeover
}

// A message may refer to the 4 KiB before it.
func ExampleBalanced() {
	fmt.Println(answer(ws.Balanced()))
	// Output:
	// permessage-deflate
	//   server_max_window_bits=12
	//   client_max_window_bits=12
}

// A message may refer to the 32 KiB before it, as is the default of RFC 7692.
func ExampleDense() {
	fmt.Println(answer(ws.Dense()))
	// Output: permessage-deflate
}

// A message for many sessions is validated and compressed once.
func ExamplePrepare() {
	message, err := ws.Prepare(ws.Text, []byte("good evening"))
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		session, _, client := connect(&ws.Upgrader{Compression: ws.Frugal()})
		if err := session.SendPrepared(context.Background(), message); err != nil {
			log.Fatal(err)
		}
		fmt.Println(client.next())
		client.stop()
	}

	_, err = ws.Prepare(ws.Text, []byte("\xff"))
	fmt.Println(err)
	// Output:
	// Text "good evening"
	// Text "good evening"
	// Text "good evening"
	// ws: text is not UTF-8
}

func ExampleSession_SendPrepared() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	message, err := ws.Prepare(ws.Binary, []byte{1, 2, 3})
	if err != nil {
		log.Fatal(err)
	}
	if err := session.SendPrepared(context.Background(), message); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.next())
	// Output: Binary 01 02 03
}

// A broadcast does not wait for the slowest client.
func ExampleSession_TrySendPrepared() {
	session, _, client := connectSilent(&ws.Upgrader{Options: ws.Options{SendBuffer: 256 << 10}})
	defer client.stop()

	message, err := ws.Prepare(ws.Binary, make([]byte, 32<<10))
	if err != nil {
		log.Fatal(err)
	}
	for err == nil {
		err = session.TrySendPrepared(message)
	}
	fmt.Println(err)
	// Output: ws: send buffer full
}
