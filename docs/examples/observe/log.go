// Package observe has the programs of the guide to observability.
package observe

import (
	"log/slog"

	"github.com/handset-go/handset/ws"
)

// Logged returns an Upgrader that logs. Its sends that wait are at LevelDebug.
func Logged(logger *slog.Logger) *ws.Upgrader {
	return &ws.Upgrader{Options: ws.Options{Trace: ws.LogTrace(logger.With("server", "chat"))}}
}
