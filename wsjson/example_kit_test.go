package wsjson_test

import "github.com/handset-go/handset/internal/exampletest"

// connect returns the two ends of a connection in memory, for the examples. disconnect
// must be called at the end.
func connect() (client, server endpoint, disconnect func()) {
	tb := new(exampletest.TB)
	client, server = pair(tb, nil)
	return client, server, tb.End
}
