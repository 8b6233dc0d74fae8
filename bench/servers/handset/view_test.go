package main

import (
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
)

func TestEveryViewEchoesUntilTheClose(t *testing.T) {
	for name, view := range views {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(view)
			defer server.Close()
			client, _, err := websocket.Dial(t.Context(), server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseNow()
			for range 2 {
				if err := client.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
					t.Fatal(err)
				}
				if kind, data, err := client.Read(t.Context()); kind != websocket.MessageText || string(data) != "hello" || err != nil {
					t.Fatalf("read %v %q, %v", kind, data, err)
				}
			}
			if err := client.Close(websocket.StatusNormalClosure, ""); err != nil {
				t.Errorf("the Close was not answered: %v", err)
			}
		})
	}
}
