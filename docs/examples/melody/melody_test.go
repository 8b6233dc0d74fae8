package melody_test

import (
	"net/http"
	"testing"

	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/docs/examples/melody/after"
	"github.com/handset-go/handset/docs/examples/melody/before"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestChat(t *testing.T) {
	guidetest.Chat(t, map[string]http.Handler{"before": before.Chat(), "after": after.Chat()})
}

func TestRooms(t *testing.T) {
	for name, h := range map[string]http.Handler{"before": before.Rooms(), "after": after.Rooms()} {
		t.Run(name, func(t *testing.T) {
			server := wstest.NewServer(t, h)
			join := func(path string) (*ws.Session, *ws.MessageStream) {
				session, stream, err := server.Dial(t.Context(), path, nil)
				if err != nil {
					t.Fatal(err)
				}
				guidetest.Pinged(t, session, stream)
				return session, stream
			}
			anna, annas := join("/?room=1&name=Anna")
			bo, bos := join("/?room=1&name=Bo")
			chris, _ := join("/?room=2&name=Chris")
			guidetest.Received(t, annas, "Bo joins")
			guidetest.Send(t, chris, "anybody here?")
			guidetest.Send(t, bo, "hello")
			guidetest.Received(t, annas, "Bo: hello")
			guidetest.Send(t, anna, "hi")
			guidetest.Received(t, bos, "Anna: hi")
			_ = bo.Close(ws.CloseReason{})
			guidetest.Received(t, annas, "Bo leaves")
		})
	}
}
