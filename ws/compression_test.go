package ws

import "testing"

// presets are Compressions that differ.
var presets = map[string]Compression{
	"frugal":       Frugal(),
	"balanced":     Balanced(),
	"dense":        Dense(),
	"to send only": {Level: 9, SendTakeover: true, SendWindowBits: 9},
	"8 bits":       {Level: 1, SendTakeover: true, RecvTakeover: true, SendWindowBits: 8, RecvWindowBits: 8},
}

// The states of client and server have the same parameters, with directions exchanged.
func TestCompressionBothSides(t *testing.T) {
	for clientName, client := range presets {
		for serverName, server := range presets {
			t.Run(clientName+" client, "+serverName+" server", func(t *testing.T) {
				q, answer := server.negotiate([]string{client.offer()})
				p, err := client.agree([]string{answer})
				if err != nil || p == nil || q == nil {
					t.Fatalf("offer %q, answer %q: %v", client.offer(), answer, err)
				}
				if p.recvTakeover == q.noTakeover || q.recvTakeover == p.noTakeover {
					t.Errorf("takeover is not the same on both sides: %q", answer)
				}
				message := []byte("hello, hello, hello, hello")
				for range 2 {
					expectInflates(t, p, q, message)
					expectInflates(t, q, p, message)
				}
			})
		}
	}
}

// expectInflates sends a message that becomes shorter.
func expectInflates(t *testing.T, from, to *deflateState, message []byte) {
	t.Helper()
	compressed, ok := from.compress(nil, message, nil, true, true)
	if !ok {
		t.Fatal("not compressed")
	}
	dst := make([]byte, 2*len(message))
	n, _, _, err := to.decoder.Decode(dst, compressed, true)
	if err != nil || string(dst[:n]) != string(message) {
		t.Fatalf("%q, %v", dst[:n], err)
	}
}

// Without compression a client offers nothing and accepts nothing.
func TestCompressionAgreeDisabled(t *testing.T) {
	var c Compression
	if offer := c.offer(); offer != "" {
		t.Errorf("offers %q", offer)
	}
	if d, err := c.agree(nil); d != nil || err != nil {
		t.Error(d, err)
	}
	const want = `extension "permessage-deflate" was not offered`
	if d, err := c.agree([]string{"permessage-deflate"}); d != nil || err == nil || err.Error() != want {
		t.Errorf("%v, %v, want %s", d, err, want)
	}
}

// A server may decline compression, and must not change what is offered.
func TestCompressionAgree(t *testing.T) {
	if d, err := Balanced().agree(nil); d != nil || err != nil {
		t.Error(d, err)
	}
	const want = "server_max_window_bits of 13 is larger than the offered 12"
	if d, err := Balanced().agree([]string{"permessage-deflate; server_max_window_bits=13"}); d != nil || err == nil || err.Error() != want {
		t.Errorf("%v, %v, want %s", d, err, want)
	}
}
