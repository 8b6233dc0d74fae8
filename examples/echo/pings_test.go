package main

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestPings(t *testing.T) {
	url := start(t) + "ws_pings"
	pinged := make(chan string, 1)
	client, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{
		OnPingReceived: func(_ context.Context, payload []byte) bool {
			pinged <- string(payload)
			return true // answer with a pong
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()

	for _, payload := range []string{"", "ping 1", strings.Repeat("p", maxControlPayload)} {
		if err := client.Write(t.Context(), websocket.MessageText, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		_, answer, err := client.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if took, err := strconv.ParseFloat(string(answer), 64); err != nil || took <= 0 || took > 20_000 {
			t.Errorf("answer %q, want the milliseconds of a round trip", answer)
		}
		if got := <-pinged; got != payload {
			t.Errorf("pinged with %q, want %q", got, payload)
		}
	}
}

func TestPingsTooLong(t *testing.T) {
	client := dial(t, start(t)+"ws_pings")
	request := strings.Repeat("p", maxControlPayload+1)
	if err := client.Write(t.Context(), websocket.MessageText, []byte(request)); err != nil {
		t.Fatal(err)
	}
	_, _, err := client.Read(t.Context())
	if code := websocket.CloseStatus(err); code != websocket.StatusMessageTooBig {
		t.Errorf("read: %v, want close code 1009", err)
	}
}
