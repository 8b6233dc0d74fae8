package ws_test

import (
	"fmt"
	"testing"
)

// Every request is answered as its row says, over TCP, over a conn of another type, and
// over TLS.
func TestConformanceRequests(t *testing.T) {
	for _, over := range transports {
		if over.tls && (raceDetector || testing.Short()) {
			continue
		}
		srv := serveRequests(t, over)
		for _, row := range requestRows() {
			t.Run(fmt.Sprintf("over=%s,%s", over.name, row.id), func(t *testing.T) { row.exchange(t, srv) })
		}
	}
}

// Every response is accepted or refused as its row says.
func TestConformanceResponses(t *testing.T) {
	for _, over := range transports {
		if over.tls && (raceDetector || testing.Short()) {
			continue
		}
		for _, row := range responseRows() {
			t.Run(fmt.Sprintf("over=%s,%s", over.name, row.id), func(t *testing.T) {
				t.Parallel()
				row.exchange(t, over)
			})
		}
	}
}
