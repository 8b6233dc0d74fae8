package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestEchoMessages(t *testing.T) {
	client := dial(t, start(t)+"ws_echo")
	for _, test := range []struct {
		name string
		kind ws.Kind
		data []byte
	}{
		{"empty text", ws.Text, nil},
		{"text", ws.Text, []byte("Hello, handset!")},
		{"text beyond ASCII", ws.Text, []byte("手机 📞")},
		{"text of 1 MiB", ws.Text, bytes.Repeat([]byte("handset "), 1<<17)},
		{"empty binary", ws.Binary, nil},
		{"binary", ws.Binary, []byte{0, 0xff, 0x80}},
		{"binary of 1 MiB", ws.Binary, bytes.Repeat([]byte{0xff, 0, 1, 2}, 1<<18)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := client.session.Send(t.Context(), ws.Message{Kind: test.kind, Data: test.data}); err != nil {
				t.Fatal(err)
			}
			msg := client.next(t)
			if msg.Kind != test.kind || !bytes.Equal(msg.Data, test.data) {
				t.Errorf("%d bytes of %v came back as %d bytes of %v", len(test.data), test.kind, len(msg.Data), msg.Kind)
			}
		})
	}
}

func TestEchoMessageTooBig(t *testing.T) {
	client := dial(t, start(t)+"ws_echo")
	// The server may close the connection before all of it is written.
	_ = client.session.Binary(t.Context(), make([]byte, 1<<20+1))
	client.expectClose(t, ws.CloseMessageTooBig)
}

func TestEchoAnswersClose(t *testing.T) {
	var tap bytes.Buffer
	client := dialWith(t, start(t)+"ws_echo", &ws.Dialer{
		HTTPClient: &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, addr)
				return tapped{conn, io.TeeReader(conn, &tap)}, err
			},
		}},
	})
	if err := client.session.Close(ws.CloseReason{Code: 4321, Description: "that is all"}); err != nil {
		t.Error(err)
	}
	<-client.session.Done()
	want := "\x88\x0d\x10\xe1that is all" // FIN and Close, 13 bytes, 4321
	if !strings.HasSuffix(tap.String(), "\r\n\r\n"+want) {
		t.Errorf("the server sent %q, want it to end with %q", &tap, want)
	}
}

// tapped is a connection whose received bytes are copied.
type tapped struct {
	net.Conn
	tap io.Reader
}

func (c tapped) Read(p []byte) (int, error) { return c.tap.Read(p) }

func TestEchoRefusesOtherRequests(t *testing.T) {
	url := start(t) + "ws_echo"
	upgrade := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	foreign := upgrade.Clone()
	foreign.Set("Origin", "http://elsewhere.example")
	for _, test := range []struct {
		name   string
		header http.Header
		status int
	}{
		{"a plain request", http.Header{}, http.StatusUpgradeRequired},
		{"a page of another site", foreign, http.StatusForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header = test.header
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != test.status {
				t.Errorf("answer %s, want %d", response.Status, test.status)
			}
		})
	}
}

func TestEchoLogsConnectionsAndMessages(t *testing.T) {
	url := start(t) + "ws_echo"
	records := recordLog(t)
	client := dial(t, url)
	if peer := records.next(t, "connected")["peer"]; !strings.HasPrefix(peer.String(), "127.0.0.1:") {
		t.Errorf("connected peer %v", peer)
	}

	if err := client.session.Text(t.Context(), "Hello"); err != nil {
		t.Fatal(err)
	}
	expectReceived(t, records, "text", 5)
	if err := client.session.Ping(t.Context(), []byte("?")); err != nil {
		t.Fatal(err)
	}
	expectReceived(t, records, "ping", 1)
}

func TestEchoLogsEnd(t *testing.T) {
	url := start(t) + "ws_echo"
	records := recordLog(t)

	client := dial(t, url)
	records.next(t, "connected")
	client.session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "done"})
	expectReceived(t, records, "close", 0)
	closing := records.next(t, "closing")
	if code, reason := closing["code"].String(), closing["reason"].String(); !strings.Contains(code, "1000") || reason != "done" {
		t.Errorf("closing with code %s and reason %q, want 1000 and done", code, reason)
	}

	client = dial(t, url)
	records.next(t, "connected")
	client.dialer.Close() // without a Close frame
	if err := records.next(t, "not received")["err"]; !strings.Contains(err.String(), "EOF") {
		t.Errorf("a session that ended without a Close frame logged %v", err)
	}
}

// expectReceived fails the test unless the next record is of a received message.
func expectReceived(t *testing.T, records *recorder, kind string, atLeast int64) {
	t.Helper()
	attrs := records.next(t, "received")
	if got := attrs["kind"].String(); !strings.EqualFold(got, kind) {
		t.Errorf("received kind %s, want %s", got, kind)
	}
	if got := attrs["bytes"].Int64(); got < atLeast {
		t.Errorf("received %d bytes, want at least %d", got, atLeast)
	}
}
