package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestEveryViewEchoesUntilTheClose(t *testing.T) {
	for name, echo := range views {
		t.Run(name, func(t *testing.T) {
			conns := make(chan *websocket.Conn, 1)
			ended := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, err := websocket.Accept(w, r, nil)
				if err != nil {
					t.Error(err)
				}
				conns <- conn
				<-ended
			}))
			defer server.Close()
			defer close(ended)
			if err := open(strings.Replace(server.URL, "http", "ws", 1), echo); err != nil {
				t.Fatal(err)
			}
			peer := <-conns
			defer peer.CloseNow()
			for range 2 {
				if err := peer.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
					t.Fatal(err)
				}
				if kind, data, err := peer.Read(t.Context()); kind != websocket.MessageText || string(data) != "hello" || err != nil {
					t.Fatalf("read %v %q, %v", kind, data, err)
				}
			}
			if err := peer.Close(websocket.StatusNormalClosure, ""); err != nil {
				t.Errorf("the Close was not answered: %v", err)
			}
		})
	}
}
