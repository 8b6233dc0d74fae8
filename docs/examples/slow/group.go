package slow

import (
	"log/slog"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// Quotes has members that need only the latest value.
var Quotes = group.New(nil, group.Options{Slow: group.KeepLatest})

// Log has members that may miss messages.
var Log = group.New(nil, group.Options{
	Slow: group.DropNewest,
	Missed: func(name string, session *ws.Session) {
		slog.Warn("message missed", "group", name, "peer", session.RemoteAddr())
	},
})
