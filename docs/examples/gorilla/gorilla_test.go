package gorilla_test

import (
	"net/http"
	"testing"

	"github.com/handset-go/handset/docs/examples/gorilla/after"
	"github.com/handset-go/handset/docs/examples/gorilla/before"
	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestEcho(t *testing.T) {
	guidetest.Echo(t, map[string]http.Handler{"before": http.HandlerFunc(before.Echo), "after": ws.Handler(after.Echo)})
}

func TestChat(t *testing.T) {
	guidetest.Chat(t, map[string]http.Handler{"before": new(before.Chat), "after": new(after.Chat).Handler()})
}

func TestListenStaysOpen(t *testing.T) {
	for name, h := range map[string]http.Handler{"before": http.HandlerFunc(before.Listen), "after": after.Listeners.Handler(after.Listen)} {
		t.Run(name, func(t *testing.T) {
			session, stream := wstest.Dial(t, h)
			guidetest.Send(t, session, "hello")
			guidetest.Pinged(t, session, stream)
		})
	}
}

func TestQuizSavesHowItEnded(t *testing.T) {
	saved, reasons := make(chan before.Close, 1), make(chan ws.CloseReason, 1)
	for name, h := range map[string]http.Handler{"before": before.Quiz(saved), "after": ws.Handler(after.Quiz(reasons))} {
		t.Run(name, func(t *testing.T) {
			session, stream := wstest.Dial(t, h)
			guidetest.Send(t, session, "42")
			guidetest.Closed(t, stream, ws.CloseReason{Code: ws.CloseNormal, Description: "right"})
			_ = session.Close(ws.CloseReason{Code: 4001, Description: "thanks"})
			<-session.Done()
		})
	}
	if got := <-saved; got != (before.Close{Code: 4001, Text: "thanks"}) {
		t.Errorf("before: ended with %+v", got)
	}
	if got := <-reasons; got != (ws.CloseReason{Code: 4001, Description: "thanks"}) {
		t.Errorf("after: ended with %+v", got)
	}
}
