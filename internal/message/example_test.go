package message_test

import (
	"fmt"
	"io"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
)

// A client reads what a server sends, which is not masked. The bytes may arrive in any
// sizes, and from any goroutine.
func ExampleReader() {
	sent := append(frame.Append(nil, frame.Text, false, 4), "Hel\xc3"...)
	sent = append(frame.Append(sent, frame.Ping, true, 1), "1"...)
	sent = append(frame.Append(sent, frame.Continuation, true, 1), "\xb8"...)
	payload := frame.AppendClose(nil, 1001, "restart")
	sent = append(frame.Append(sent, frame.Close, true, len(payload)), payload...)

	r := message.Reader{Side: frame.Client}
	for len(sent) > 0 {
		n := min(len(sent), 5)
		r.Add(sent[:n])
		sent = sent[n:]
		for {
			ok, err := r.NextMessage(1 << 20)
			if err == io.EOF {
				fmt.Println("end")
				return
			}
			if err != nil {
				fmt.Println("violation:", err)
				return
			}
			if !ok {
				break // more bytes are needed
			}
			switch e := &r.Event; e.Opcode {
			case frame.Ping:
				fmt.Printf("ping %s\n", e.Data)
			case frame.Close:
				fmt.Println("close", e.Code, e.Reason)
			default:
				fmt.Printf("message %s\n", e.Data)
			}
		}
		r.Release()
	}
	// Output:
	// ping 1
	// message Helø
	// close 1001 restart
	// end
}
