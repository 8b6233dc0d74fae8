package machines

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"

	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// received returns the text and the position of the next message.
func received(t *testing.T, stream *ws.MessageStream) (text, at string) {
	t.Helper()
	msg, err := stream.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Text, At string }
	if err := json.Unmarshal(msg.Data, &got); err != nil {
		t.Fatalf("received %q: %v", msg.Data, err)
	}
	return got.Text, got.At
}

func dial(t *testing.T, server *wstest.Server, path string) (*ws.Session, *ws.MessageStream) {
	t.Helper()
	session, stream, err := server.Dial(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	guidetest.Pinged(t, session, stream)
	return session, stream
}

func TestTwoProcessesAreOneChat(t *testing.T) {
	broker := &group.MemoryBroker{History: 100}
	one, other := wstest.NewServer(t, NewChat(broker)), wstest.NewServer(t, NewChat(broker))
	anna, _ := dial(t, one, "/chat/7")
	_, bos := dial(t, other, "/chat/7")
	_, others := dial(t, other, "/chat/8")
	guidetest.Send(t, anna, "hello")
	if text, _ := received(t, bos); text != "hello" {
		t.Errorf("received %q", text)
	}
	elsewhere, _ := dial(t, one, "/chat/8")
	guidetest.Send(t, elsewhere, "anybody?")
	if text, _ := received(t, others); text != "anybody?" {
		t.Errorf("received %q", text)
	}
}

func TestClientResumes(t *testing.T) {
	server := wstest.NewServer(t, NewChat(&group.MemoryBroker{History: 100}))
	anna, annas := dial(t, server, "/chat/7")
	guidetest.Send(t, anna, "one")
	_, at := received(t, annas)
	guidetest.Send(t, anna, "two")
	for after, want := range map[string]string{at: "two", "": "one", "gone:1": "one", "nonsense": "one"} {
		_, stream, err := server.Dial(t.Context(), "/chat/7?after="+url.QueryEscape(after), nil)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := received(t, stream); text != want {
			t.Errorf("after %q: received %q, want %q", after, text, want)
		}
	}
}

func TestGapReloads(t *testing.T) {
	chat := NewChat(new(group.MemoryBroker))
	server := wstest.NewServer(t, chat)
	_, stream := dial(t, server, "/chat/7")
	chat.reload("/chat/7", errors.New("connection lost"))
	guidetest.Received(t, stream, `{"reload":true}`)
}
