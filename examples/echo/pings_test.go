package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestPings(t *testing.T) {
	client := dial(t, start(t)+"ws_pings")
	for _, payload := range []string{"", "ping 1", strings.Repeat("p", maxControlPayload)} {
		if err := client.session.Text(t.Context(), payload); err != nil {
			t.Fatal(err)
		}
		if msg := client.next(t); msg.Kind != ws.Ping || string(msg.Data) != payload {
			t.Errorf("received %v %q, want a Ping with %q", msg.Kind, msg.Data, payload)
		}
		answer := client.next(t)
		if took, err := strconv.ParseFloat(string(answer.Data), 64); err != nil || took <= 0 || took > 20_000 {
			t.Errorf("answer %q, want the milliseconds of a round trip", answer.Data)
		}
	}
}

func TestPingsTooLong(t *testing.T) {
	client := dial(t, start(t)+"ws_pings")
	if err := client.session.Text(t.Context(), strings.Repeat("p", maxControlPayload+1)); err != nil {
		t.Fatal(err)
	}
	client.expectClose(t, ws.CloseMessageTooBig)
}
