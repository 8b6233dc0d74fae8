package observe

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// closed has one session that has received a message, and ended.
func closed(t *testing.T, upgrader *ws.Upgrader) {
	t.Helper()
	session, stream := wstest.Dial(t, upgrader.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		for range stream.All(t.Context()) {
		}
	}))
	guidetest.Send(t, session, "hello")
	_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
	guidetest.Closed(t, stream, ws.CloseReason{Code: ws.CloseNormal})
	<-session.Done()
	if err := upgrader.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func got(h http.Handler) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Body.String()
}

func TestStats(t *testing.T) {
	upgrader := new(ws.Upgrader)
	closed(t, upgrader)
	if want := "sessions 0\nmessages 1 0\nqueued bytes 0\nended: closed 1\n"; got(Stats(upgrader)) != want {
		t.Errorf("got %q", got(Stats(upgrader)))
	}
}

func TestMetrics(t *testing.T) {
	upgrader := new(ws.Upgrader)
	closed(t, upgrader)
	text := got(Metrics(upgrader, group.New(nil, group.Options{})))
	for _, want := range []string{`handset_messages_total{direction="in",server="chat"} 1`, "handset_group_gaps_total 0"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}

func TestLogged(t *testing.T) {
	var log bytes.Buffer
	closed(t, Logged(slog.New(slog.NewTextHandler(&log, nil))))
	if !strings.Contains(log.String(), "server=chat") {
		t.Errorf("logged %s", &log)
	}
}

func TestSlowCountsSendsThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := new(Slow)
		client, server := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{Trace: slow.Trace(slog.New(slog.DiscardHandler))}}, nil)
		go func() {
			for range 5 {
				_ = server.Session.TextBytes(t.Context(), make([]byte, 32<<10))
			}
		}()
		time.Sleep(time.Second)
		for range 5 {
			_, _ = client.Stream.Recv(t.Context())
		}
		synctest.Wait()
		if n := slow.Sends.Load(); n != 1 {
			t.Errorf("counted %d", n)
		}
	})
}
