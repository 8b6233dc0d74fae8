package slow

import (
	"errors"

	"github.com/handset-go/handset/ws"
)

// Disconnect sends an event to all sessions. A client that is too slow to receive
// every event is disconnected; when it comes back, it asks for what it has missed.
func Disconnect(upgrader *ws.Upgrader, event []byte) error {
	prepared, err := ws.Prepare(ws.Text, event)
	if err != nil {
		return err
	}
	for session := range upgrader.Sessions() {
		if errors.Is(session.TrySendPrepared(prepared), ws.ErrBufferFull) {
			_ = session.Close(ws.CloseReason{Code: ws.CloseTryAgainLater, Description: "too slow"})
		}
	}
	return nil
}
