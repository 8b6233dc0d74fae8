// Command gws dials with github.com/lxzan/gws: NewClient, ReadLoop in a goroutine
// and the event handler of its README. ParallelEnabled stays off, because with it
// echoes overtake each other.
package main

import (
	"github.com/lxzan/gws"

	"github.com/handset-go/handset/bench/internal/dial"
)

func main() { dial.Main(open) }

func open(url string) error {
	socket, _, err := gws.NewClient(new(echo), &gws.ClientOption{
		Addr:             url,
		Recovery:         gws.Recovery,
		CheckUtf8Enabled: true, // as everywhere here
	})
	if err != nil {
		return err
	}
	go socket.ReadLoop()
	return nil
}

type echo struct{ gws.BuiltinEventHandler }

func (*echo) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = socket.WriteMessage(message.Opcode, message.Bytes())
}
