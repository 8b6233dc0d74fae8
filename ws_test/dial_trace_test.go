package ws_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A Dialer's Trace has the events of its sessions. How it connects is reported to an
// httptrace.ClientTrace, and a refusal by the error of Dial.
func TestDialTraces(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			http.NotFound(w, r)
		} else if _, stream, err := ws.Handle(w, r); err == nil {
			_ = stream.Discard()
		}
	}))
	defer server.Close()
	var events []string
	event := func(what string) { events = append(events, what) }
	ended := make(chan bool)
	d := &ws.Dialer{Options: ws.Options{Trace: &ws.Trace{
		HandshakeRefused: func(*http.Request, *ws.HandshakeError) { event("HandshakeRefused") },
		SessionStart:     func(*ws.Session) { event("SessionStart") },
		SessionEnd:       func(*ws.Session, error) { ended <- true },
	}}}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { event("GotConn") },
	})
	if _, _, err := d.Dial(ctx, server.URL+"/refused"); err == nil {
		t.Fatal("the handshake was not refused")
	}
	session, _, err := d.Dial(ctx, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	event("Dial returns")
	_ = session.Close(ws.CloseReason{})
	<-ended
	<-session.Done()
	if want := []string{"GotConn", "GotConn", "SessionStart", "Dial returns"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
}
