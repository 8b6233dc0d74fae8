package ws_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

// Nothing is compressed here, since the stalled peer must have a full queue after
// a known number of bytes: TestPreparedMessageToAllSessions has a compressed broadcast.
func TestBroadcastWithStalledPeer(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		const sessions, stalled, rounds = 100, 41, 20
		pairs := make([]*pair, sessions)
		for i := range pairs { // with a small kernel buffer, to be full soon
			pairs[i] = on.connectOn(t, tuningListener{listen(t), func(c net.Conn) {
				_ = c.(*net.TCPConn).SetWriteBuffer(64 << 10)
			}}, false, &ws.Upgrader{Options: ws.Options{SendBuffer: 256 << 10}})
		}
		message, full := make([]byte, 64<<10-100), 0
		for round := range rounds {
			binary.BigEndian.PutUint64(message, uint64(round))
			for i, p := range pairs {
				err := p.session.TrySend(ws.Message{Kind: ws.Binary, Data: message})
				if i == stalled && errors.Is(err, ws.ErrBufferFull) {
					full++
				} else if err != nil {
					t.Fatalf("round %d, session %d: %v", round, i, err)
				}
			}
			var all errgroup.Group
			for i, p := range pairs {
				if i != stalled {
					all.Go(func() error { return receiveRound(p.client, round, len(message)) })
				}
			}
			if err := all.Wait(); err != nil {
				t.Fatal(err)
			}
		}
		if full == 0 {
			t.Fatal("the stalled peer has never had a full queue: the test proves nothing")
		}
	})
}

func receiveRound(c *client, round, length int) error {
	var h [12]byte
	if _, err := io.ReadFull(c.br, h[:]); err != nil {
		return err
	}
	if got := binary.BigEndian.Uint64(h[4:]); got != uint64(round) {
		return fmt.Errorf("message %d came in round %d", got, round)
	}
	_, err := c.br.Discard(length - 8)
	return err
}
