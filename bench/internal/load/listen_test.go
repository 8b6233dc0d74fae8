package load

import (
	"context"
	"errors"
	"testing"

	"github.com/coder/websocket"
)

// dialing is a client whose answers go through change.
func dialing(change func(message []byte) []byte) Target {
	echo := func(conn *websocket.Conn) {
		defer conn.CloseNow()
		for {
			kind, message, err := conn.Read(context.Background())
			if err != nil || conn.Write(context.Background(), kind, change(message)) != nil {
				return
			}
		}
	}
	return Target{Dial: func(url string, n int) error {
		for range n {
			conn, _, err := websocket.Dial(context.Background(), url, nil)
			if err != nil {
				return err
			}
			conn.SetReadLimit(-1)
			go echo(conn)
		}
		return nil
	}}
}

// clientLoads are those of loads that clients are driven by.
var clientLoads = []string{"echo", "burst", "huge"}

func TestALoadCountsWhatAClientSendsBack(t *testing.T) {
	target := dialing(func(message []byte) []byte { return message })
	for _, name := range clientLoads {
		t.Run(name, func(t *testing.T) {
			result, err := loads[name].Run(target, shortSpan())
			if err != nil || result.Messages == 0 || result.Bytes < 2*result.Messages {
				t.Errorf("got %+v, %v", result, err)
			}
		})
	}
}

func TestALoadFindsAClientThatChangesAMessage(t *testing.T) {
	target := dialing(func(message []byte) []byte {
		message[len(message)/2] ^= 0x01
		return message
	})
	for _, name := range clientLoads {
		t.Run(name, func(t *testing.T) {
			if result, err := loads[name].Run(target, shortSpan()); !errors.Is(err, ErrWrongBytes) {
				t.Errorf("got %+v, %v", result, err)
			}
		})
	}
}

func TestAClientThatCannotDialFailsTheLoad(t *testing.T) {
	refused := errors.New("refused")
	target := Target{Dial: func(string, int) error { return refused }}
	idle := Idle{Conns: 1, Tape: TapeSpec{Opcode: Binary, Size: 125, Count: 4}}
	if err := idle.Run(target, func() error { return nil }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestAClientIsNotDrivenWithCompression(t *testing.T) {
	target := dialing(func(message []byte) []byte { return message })
	if result, err := loads["takeover"].Run(target, shortSpan()); err == nil {
		t.Errorf("got %+v", result)
	}
}
