package load

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

var jsonSpec = TapeSpec{Opcode: Text, Size: 125, Count: 3, JSON: true}

// textFrame is a text frame as a server sends it.
func textFrame(lines ...string) []byte {
	payload := strings.Join(lines, "\n")
	return append(appendHeader(nil, Text, true, len(payload)), payload...)
}

func push(i int) string { return string(NewTape(jsonSpec).centrifuge().Payload(i)) }

func TestWhatSubscribersReceiveIsComparedHoweverItComes(t *testing.T) {
	const published = `{"id":3,"publish":{}}`
	tests := []struct {
		name   string
		frames [][]byte
		want   int // messages
		err    error
	}{
		{"a frame for each message", [][]byte{textFrame(push(0)), textFrame(push(1)), textFrame(push(2))}, 3, nil},
		{"a frame for several", [][]byte{textFrame(push(0), push(1)), textFrame(push(2))}, 3, nil},
		{"with a reply", [][]byte{textFrame(push(0), published), textFrame(push(1))}, 2, nil},
		{"after a reply", [][]byte{textFrame(published), textFrame(push(0))}, 1, nil},
		{"with a ping", [][]byte{textFrame(push(0)), textFrame(pingLine), textFrame(push(1))}, 2, nil},
		{"in another order", [][]byte{textFrame(push(1))}, 0, ErrWrongBytes},
		{"twice", [][]byte{textFrame(push(0), push(0))}, 1, ErrWrongBytes},
		{"another message", [][]byte{textFrame(pushBegin + `{}` + pushEnd)}, 0, ErrWrongBytes},
		{"binary", [][]byte{append(appendHeader(nil, Binary, true, 2), pingLine...)}, 0, ErrBadFrame},
		{"closed", [][]byte{appendHeader(nil, closing, true, 0)}, 0, ErrClosed},
	}
	for _, test := range tests {
		for _, step := range []int{1, 7, 1 << 20} {
			t.Run(fmt.Sprintf("%s,step=%d", test.name, step), func(t *testing.T) {
				var wire []byte
				for _, frame := range test.frames {
					wire = append(wire, frame...)
				}
				checker := newChecker(NewTape(jsonSpec).centrifuge(), 0)
				got, err := 0, error(nil)
				for len(wire) > 0 && err == nil {
					n, ended := min(step, len(wire)), 0
					ended, err = checker.Feed(wire[:n])
					got += ended
					wire = wire[n:]
				}
				if got != test.want || !errors.Is(err, test.err) {
					t.Errorf("%d messages and %v, want %d and %v", got, err, test.want, test.err)
				}
			})
		}
	}
}

// A server that speaks as much of the protocol as one message takes.
func TestMembersSubscribeAndPublish(t *testing.T) {
	var (
		mu          sync.Mutex
		subscribers []*websocket.Conn
	)
	answer := func(conn *websocket.Conn, command string) error {
		mu.Lock()
		defer mu.Unlock()
		if command == subscribeLines {
			subscribers = append(subscribers, conn)
			return conn.Write(t.Context(), websocket.MessageText, []byte(`{"id":1,"connect":{}}`+"\n"+subscribedLine))
		}
		data, found := strings.CutPrefix(strings.TrimSuffix(command, publishEnd), publishBegin)
		if !found {
			return fmt.Errorf("not a command: %s", command)
		}
		for _, subscriber := range subscribers {
			if err := subscriber.Write(t.Context(), websocket.MessageText, []byte(pushBegin+data+pushEnd)); err != nil {
				return err
			}
		}
		return conn.Write(t.Context(), websocket.MessageText, []byte(`{"id":3,"publish":{}}`))
	}
	target := handling(t, func(conn *websocket.Conn) {
		for {
			_, command, err := conn.Read(t.Context())
			if err != nil {
				return
			}
			if err := answer(conn, string(command)); err != nil {
				t.Log(err)
				return
			}
		}
	})
	target.Protocol = Centrifuge
	result, err := Group{Members: 5, Tape: jsonSpec}.Run(target, shortSpan())
	if err != nil || result.Messages == 0 || result.Messages%5 != 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

// handling is a server that handles each connection by a function.
func handling(t *testing.T, handle func(*websocket.Conn)) Target {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		handle(conn)
	}))
	t.Cleanup(server.Close)
	return Target{Addr: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))}
}
