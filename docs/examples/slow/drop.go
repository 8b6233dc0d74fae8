// Package slow has the programs of the guide to back-pressure and slow clients.
package slow

import (
	"errors"

	"github.com/handset-go/handset/ws"
)

// Drop sends an update to all sessions, and returns how many have missed it
// because their queues are full.
func Drop(upgrader *ws.Upgrader, update []byte) (missed int, err error) {
	prepared, err := ws.Prepare(ws.Text, update)
	if err != nil {
		return 0, err
	}
	for session := range upgrader.Sessions() {
		if errors.Is(session.TrySendPrepared(prepared), ws.ErrBufferFull) {
			missed++
		}
	}
	return missed, nil
}
