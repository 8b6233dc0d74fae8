package auth

import (
	"time"

	"github.com/handset-go/handset/ws"
)

// expire closes a session when its token is no longer valid.
func expire(session *ws.Session, expiry time.Time) (stop func() bool) {
	return time.AfterFunc(time.Until(expiry), func() {
		_ = session.Close(ws.CloseReason{Code: 4401, Description: "the token has expired"})
	}).Stop
}
