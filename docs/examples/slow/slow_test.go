package slow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// long fills the queue of a session and the connection in a few sends.
var long = strings.Repeat("x", 32<<10)

func TestDropCountsMissedUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upgrader := new(ws.Upgrader)
		fast, _ := wstest.Pair(t, upgrader, nil)
		wstest.Pair(t, upgrader, nil) // whose client does not receive
		var total int
		for range 10 {
			missed, err := Drop(upgrader, []byte(long))
			guidetest.Received(t, fast.Stream, long)
			if err != nil {
				t.Fatal(err)
			}
			total += missed
		}
		if total < 6 || total > 9 { // 64 KiB in the queue, and as much in the connection
			t.Errorf("%d of 10 updates were missed", total)
		}
	})
}

func TestDisconnectClosesSlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upgrader := new(ws.Upgrader)
		fast, _ := wstest.Pair(t, upgrader, nil)
		slow, _ := wstest.Pair(t, upgrader, nil)
		for i := range 10 {
			event := fmt.Sprint(i, long)
			if err := Disconnect(upgrader, []byte(event)); err != nil {
				t.Fatal(err)
			}
			guidetest.Received(t, fast.Stream, event)
		}
		for i := 0; ; i++ { // what was queued arrives, and then the Close frame
			msg, err := slow.Stream.Recv(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if msg.Kind == ws.Close {
				if msg.Reason != (ws.CloseReason{Code: ws.CloseTryAgainLater, Description: "too slow"}) || i == 0 || i == 10 {
					t.Errorf("closed with %+v after %d events", msg.Reason, i)
				}
				return
			}
		}
	})
}

func TestLatestSkipsOldValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		price := NewLatest([]byte("0"))
		client, server := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1 << 10}}, nil)
		go price.Serve(server.Session, server.Stream)
		guidetest.Received(t, client.Stream, "0")
		const last = 100
		for i := 1; i <= last; i++ {
			price.Set(fmt.Appendf(nil, "%d %s", i, long))
			synctest.Wait()
		}
		for received := 1; ; received++ {
			msg, err := client.Stream.Aggregate(0).Recv(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(msg.Data), fmt.Sprint(last, " ")) {
				if received > 10 {
					t.Errorf("received %d values", received)
				}
				return
			}
		}
	})
}

func TestAnswerWaitsForOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server := wstest.Pair(t, nil, nil) // whose client does not receive
		var err error
		begin := time.Now()
		for err == nil {
			begin = time.Now()
			err = Answer(server.Session, long)
		}
		if waited := time.Since(begin); waited != time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waited for %v, error %v", waited, err)
		}
	})
}
