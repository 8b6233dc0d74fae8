package inflate_test

import (
	"fmt"
	"strings"

	"github.com/handset-go/handset/internal/inflate"
)

// Payload is inflated as it arrives, in chunks of bounded size.
func ExampleDecoder_Decode() {
	in := inflate.New(4<<10, true)
	defer in.Free()
	arriving := []string{"\xf2\x48\xcd", "\xc9\xc9", "\x07\x00"} // "Hello" as in RFC 7692 §7.2.3.1
	var message strings.Builder
	chunk := make([]byte, 2)
	for i, part := range arriving {
		payload, last := []byte(part), i == len(arriving)-1
		for {
			n, used, progress, err := in.Decode(chunk, payload, last)
			if err != nil {
				panic(err) // close code 1007
			}
			message.Write(chunk[:n])
			payload = payload[used:]
			if progress != inflate.Full {
				break // Starved: the next part. Done: the message is whole.
			}
		}
	}
	fmt.Println(message.String())
	// Output:
	// Hello
}
