package coder_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/handset-go/handset/docs/examples/coder/after"
	"github.com/handset-go/handset/docs/examples/coder/before"
	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestEcho(t *testing.T) {
	guidetest.Echo(t, map[string]http.Handler{"before": http.HandlerFunc(before.Echo), "after": http.HandlerFunc(after.Echo)})
}

func TestPush(t *testing.T) {
	for name, push := range map[string]func(<-chan string) http.Handler{
		"before": func(prices <-chan string) http.Handler { return before.Push(prices) }, "after": after.Push,
	} {
		t.Run(name, func(t *testing.T) {
			prices := make(chan string, 2)
			server := wstest.NewServer(t, push(prices))
			session, stream, err := server.Dial(t.Context(), "/", &ws.Dialer{
				Subprotocols: []string{"prices.v1"}, Header: http.Header{"Origin": {"https://shop.example.com"}},
			})
			if err != nil || session.Subprotocol() != "prices.v1" {
				t.Fatalf("Dial: error %v", err)
			}
			prices <- "3.14"
			prices <- "2.71"
			guidetest.Received(t, stream, "3.14", "2.71")
			close(prices)
			guidetest.Closed(t, stream, ws.CloseReason{Code: ws.CloseNormal, Description: "market closed"})
			_, _ = stream.Recv(t.Context())
		})
	}
}

func TestPushRefusesData(t *testing.T) {
	session, stream := wstest.Dial(t, after.Push(nil))
	guidetest.Send(t, session, "buy")
	msg, err := stream.Recv(t.Context())
	if err != nil || msg.Kind != ws.Close || msg.Reason.Code != ws.ClosePolicyViolation {
		t.Errorf("received %v %+v, error %v, want the code 1008", msg.Kind, msg.Reason, err)
	}
}

func TestGreetGoesOn(t *testing.T) {
	const silence = 20 * time.Millisecond
	for name, h := range map[string]http.Handler{"before": before.Greet(silence), "after": after.Greet(silence)} {
		t.Run(name, func(t *testing.T) {
			session, stream := wstest.Dial(t, h)
			guidetest.Received(t, stream, "still there?", "still there?")
			guidetest.Send(t, session, "yes")
			for {
				msg, err := stream.Recv(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if string(msg.Data) == "yes" {
					return
				}
			}
		})
	}
}

func TestAsk(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *http.Client, string, string) (string, error){
		"before": before.Ask, "after": after.Ask,
	} {
		t.Run(name, func(t *testing.T) {
			server := wstest.NewServer(t, http.HandlerFunc(after.Echo))
			if answer, err := ask(t.Context(), server.Client(), server.URL, "why?"); err != nil || answer != "why?" {
				t.Errorf("answer %q, error %v", answer, err)
			}
		})
	}
}
