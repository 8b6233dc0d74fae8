package ws_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// handleInSynctest does a handshake in a bubble of its own, and leaves the session open.
func handleInSynctest(t *testing.T, u *ws.Upgrader) {
	synctest.Test(t, func(t *testing.T) {
		end, _ := net.Pipe()
		if _, _, err := u.Handle(&responseWriter{conn: end}, request()); err != nil {
			t.Error(err)
		}
	})
}

// TestTwoSynctestBubbles ends its process with a panic.
func TestTwoSynctestBubbles(t *testing.T) {
	if childInput("TwoSynctestBubbles") == "" {
		t.Skip("this is half of another test")
	}
	u := new(ws.Upgrader)
	handleInSynctest(t, u)
	handleInSynctest(t, u) // while the session of the other one is there
}

func TestSynctestSharedUpgraderPanics(t *testing.T) {
	output, err := startChild(t, "TwoSynctestBubbles", "go")()
	if err == nil || !strings.Contains(output, "synctest channel from outside bubble") ||
		!strings.Contains(output, "mustBeTheSameForAllSessionsOfAnUpgrader") {
		t.Errorf("error %v, output:\n%s", err, output)
	}
}

func TestSynctestUpgraderInUse(t *testing.T) {
	u := new(ws.Upgrader)
	connectTo(t, u)
	synctest.Test(t, func(t *testing.T) {
		var refused *ws.HandshakeError
		w := &responseWriter{}
		_, _, err := u.Handle(w, request())
		if !errors.As(err, &refused) || refused.Status != 500 || !strings.Contains(w.body.String(), "synctest") {
			t.Errorf("error %v, answered with %q", err, w.body.String())
		}
	})
}

func TestSynctestBubblesInTurn(t *testing.T) {
	u := new(ws.Upgrader)
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			end, _ := net.Pipe()
			session, _, err := u.Handle(&responseWriter{conn: end}, request())
			if err != nil {
				t.Fatal(err)
			}
			_ = session.Close(ws.CloseReason{})
			<-session.Done()
		})
	}
}
