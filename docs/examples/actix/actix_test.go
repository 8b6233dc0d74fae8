package actix_test

import (
	"net/http"
	"testing"

	"github.com/handset-go/handset/docs/examples/actix/after"
	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestEcho(t *testing.T) {
	guidetest.Echo(t, map[string]http.Handler{"after": http.HandlerFunc(after.Echo)})
}

func TestChat(t *testing.T) {
	guidetest.Chat(t, map[string]http.Handler{"after": new(after.Chat)})
}

func TestListenStaysOpen(t *testing.T) {
	session, stream := wstest.Dial(t, ws.Handler(after.Listen))
	guidetest.Send(t, session, "hello")
	guidetest.Pinged(t, session, stream)
}
