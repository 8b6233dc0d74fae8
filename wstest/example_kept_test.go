package wstest_test

import (
	"context"
	"fmt"

	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// collect is a function under test with a mistake: it keeps msg.Data instead of
// msg.Clone().Data.
func collect(ctx context.Context, stream *ws.AggregatedStream) (texts [][]byte) {
	for msg, err := range stream.All(ctx) {
		if err == nil && msg.Kind == ws.Text {
			texts = append(texts, msg.Data)
		}
	}
	return texts
}

// A test detects Data that is kept for too long.
func Example_keptTooLong() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()
	ctx := context.Background() // t.Context()

	client, server := wstest.Pair(t, nil, nil)
	_ = client.Session.Text(ctx, "Once upon a time there was a princess.")
	_ = client.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
	fmt.Printf("%s\n", collect(ctx, server.Stream.Aggregate(1<<20)))
	// Output: [stale: Data is valid until the next re]
}
