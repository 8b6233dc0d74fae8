package nats

import (
	"errors"
	"fmt"
	"strings"

	"github.com/handset-go/handset/group"
	natsgo "github.com/nats-io/nats.go"
)

// ErrClosed is returned after Close. It wraps group.ErrUnavailable.
var ErrClosed = fmt.Errorf("nats: broker is closed: %w", group.ErrUnavailable)

var (
	errNil       = errors.New("nats: connection is nil")
	errPrefix    = errors.New("nats: invalid prefix of subjects")
	errNoConn    = fmt.Errorf("nats: not connected: %w", group.ErrUnavailable)
	errLost      = errors.New("nats: connection was lost before the server has confirmed the message")
	errUnproved  = errors.New("nats: server has not answered in time")
	errSubscribe = errors.New("nats: server does not confirm the subscription")

	// What gaps are because of.
	errReconnected = errors.New("nats: connection was lost and has come back")
	errSlow        = errors.New("nats: receiving is too slow, messages were dropped")
	errConnClosed  = errors.New("nats: connection is closed and does not come back")
)

// publishError returns an error of nats.Conn as one of group.Broker. After an error that
// wraps group.ErrUnavailable or group.ErrTooLarge, nothing has been published.
func publishError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, natsgo.ErrMaxPayload):
		return fmt.Errorf("nats: %w: %w", group.ErrTooLarge, err)
	case errors.Is(err, natsgo.ErrConnectionClosed), errors.Is(err, natsgo.ErrConnectionDraining),
		errors.Is(err, natsgo.ErrReconnectBufExceeded):
		return fmt.Errorf("nats: %w: %w", group.ErrUnavailable, err)
	}
	return fmt.Errorf("nats: message may have been published: %w", err)
}

// refuses reports whether an error of the server says that it refuses to do something
// ("Publish to" or "Subscription to") with a subject.
func refuses(err error, what, subject string) bool {
	return errors.Is(err, natsgo.ErrPermissionViolation) && strings.Contains(err.Error(), what+` "`+subject+`"`)
}

// refusesSome is like refuses, for any subject.
func refusesSome(err error, what string) bool {
	return errors.Is(err, natsgo.ErrPermissionViolation) && strings.Contains(err.Error(), what+` "`)
}
