package deflate_test

import (
	"fmt"

	"github.com/handset-go/handset/internal/deflate"
)

func ExampleNegotiate() {
	offers := []string{"permessage-deflate; server_max_window_bits=10; client_max_window_bits, permessage-deflate"}
	params, answer, ok := deflate.Negotiate(offers, deflate.Config{NoRecvTakeover: true})
	fmt.Println(answer, ok)
	fmt.Printf("%+v\n", params)
	// Output:
	// permessage-deflate; client_no_context_takeover; server_max_window_bits=10 true
	// {NoSendTakeover:false NoRecvTakeover:true SendWindowBits:10 RecvWindowBits:15}
}

// The server limits what the client sends.
func ExampleAgree() {
	config := deflate.Config{NoRecvTakeover: true}
	fmt.Println(deflate.Offer(config))
	response := []string{"permessage-deflate; server_no_context_takeover; client_max_window_bits=12"}
	params, ok, err := deflate.Agree(response, config)
	fmt.Printf("%+v %v %v\n", params, ok, err)
	_, _, err = deflate.Agree([]string{"permessage-deflate; level=9"}, config)
	fmt.Println(err)
	// Output:
	// permessage-deflate; server_no_context_takeover; client_max_window_bits
	// {NoSendTakeover:false NoRecvTakeover:true SendWindowBits:12 RecvWindowBits:15} true <nil>
	// unknown parameter "level" of permessage-deflate
}

var params = deflate.Params{SendWindowBits: 12, RecvWindowBits: 12}

// A message is sent as it is when compressing does not pay.
func ExampleDeflater_Append() {
	d := params.Deflater(1)
	defer d.Free()
	for _, message := range []string{"hello, hello, hello, hello", "ok", "hello, hello, hello, hello"} {
		compressed, err := d.Append(nil, []byte(message), true)
		if err != nil {
			panic(err)
		}
		if len(compressed) >= len(message) {
			fmt.Printf("%d bytes as they are\n", len(message))
			continue
		}
		d.Sent([]byte(message), true)
		fmt.Printf("%d bytes in %d\n", len(message), len(compressed))
	}
	// Output:
	// 26 bytes in 11
	// 2 bytes as they are
	// 26 bytes in 4
}

// A message in fragments is one stream of deflate data, each fragment of which can
// be read when it arrives.
func ExampleDeflater_Append_fragments() {
	d := params.Deflater(1)
	defer d.Free()
	parts := []string{"one fish, two fish, ", "red fish, ", "blue fish"}
	for i, part := range parts {
		last := i == len(parts)-1
		fragment, err := d.Append(nil, []byte(part), last)
		if err != nil {
			panic(err)
		}
		d.Sent([]byte(part), last)
		fmt.Printf("%d bytes in %d, last %v\n", len(part), len(fragment), last)
	}
	// Output:
	// 20 bytes in 21, last false
	// 10 bytes in 11, last false
	// 9 bytes in 7, last true
}
