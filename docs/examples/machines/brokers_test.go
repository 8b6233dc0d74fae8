package machines

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/wstest"
)

func TestAbsentBrokerIsError(t *testing.T) {
	address := free(t)
	if _, _, err := OverNATS(t.Context(), "nats://"+address); err == nil {
		t.Error("NATS: no error")
	}
	if _, _, err := OverRedis(address); err == nil {
		t.Error("Redis: no error")
	}
}

func TestTwoProcessesOverRedis(t *testing.T) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("this test needs redis-server")
	}
	address := free(t)
	_, port, _ := net.SplitHostPort(address)
	server := exec.CommandContext(t.Context(), program, "--bind", "127.0.0.1", "--port", port, "--save", "")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var chats []*wstest.Server
	for len(chats) < 2 {
		chat, end, err := OverRedis(address)
		if err != nil && len(chats) == 0 && ctx.Err() == nil {
			continue // the server does not listen yet
		}
		if err != nil {
			t.Fatal(err)
		}
		defer end()
		chats = append(chats, wstest.NewServer(t, chat))
	}
	anna, _ := dial(t, chats[0], "/chat/7")
	_, bos := dial(t, chats[1], "/chat/7")
	guidetest.Send(t, anna, "hello")
	if text, _ := received(t, bos); text != "hello" {
		t.Errorf("received %q", text)
	}
}

// free returns an address at which nothing listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
