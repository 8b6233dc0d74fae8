package load

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"testing"
)

// unmasked is the payload of a message that is one frame of a client's.
func unmasked(t *testing.T, wire []byte) []byte {
	h, n := parseHeader(wire)
	if !h.masked || !h.packed || !h.fin || int(h.size) != len(wire)-n-4 {
		t.Fatalf("%+v in %d bytes", h, len(wire))
	}
	key, payload := wire[n:n+4], bytes.Clone(wire[n+4:])
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return payload
}

func TestATapeOfMessagesEachByItselfCanBeInflatedFromAnywhere(t *testing.T) {
	tape := NewTape(TapeSpec{Opcode: Text, Size: 1000, Count: 5, JSON: true, Deflate: Alone})
	for i := range 10 {
		packed := append(unmasked(t, tape.Wire(i, 1)), deflateTail...)
		got := make([]byte, 1000)
		if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(packed)), got); err != nil || !bytes.Equal(got, tape.Payload(i)) {
			t.Errorf("message %d: %v", i, err)
		}
	}
}

func TestATapeWithTakeoverCanBeInflatedRoundAfterRound(t *testing.T) {
	for _, test := range []struct{ size, count int }{{1000, 3}, {1000, 64}, {50_000, 2}} {
		t.Run(fmt.Sprintf("size=%d,count=%d", test.size, test.count), func(t *testing.T) {
			tape := NewTape(TapeSpec{Opcode: Text, Size: test.size, Count: test.count, JSON: true, Deflate: Takeover})
			var stream bytes.Buffer
			server := flate.NewReader(&stream) // its window lives as long as it does
			for i := range 3*test.count + 1 {
				stream.Write(unmasked(t, tape.Wire(i, 1)))
				stream.WriteString(deflateTail)
				got := make([]byte, test.size)
				if _, err := io.ReadFull(server, got); err != nil || !bytes.Equal(got, tape.Payload(i)) {
					t.Fatalf("message %d: %v", i, err)
				}
			}
		})
	}
}

func TestTakeoverMakesTheTapeShorter(t *testing.T) {
	spec := TapeSpec{Opcode: Text, Size: 1 << 10, Count: 64, JSON: true}
	length := func(deflate Deflate) int {
		spec.Deflate = deflate
		return len(NewTape(spec).Wire(0, 64))
	}
	plain, alone, takeover := length(Plain), length(Alone), length(Takeover)
	if alone > plain/2 || takeover > alone*3/4 {
		t.Errorf("%d bytes plain, %d alone, %d with takeover", plain, alone, takeover)
	}
}

func TestAnAnswerMustAgreeToWhatIsMeasured(t *testing.T) {
	const (
		extension = "Sec-Websocket-Extensions: permessage-deflate"
		server    = "; server_no_context_takeover"
		client    = "; client_no_context_takeover"
	)
	tests := []struct {
		name    string
		deflate Deflate
		fields  string
		want    error
	}{
		{"plain", Plain, "Upgrade: websocket", nil},
		{"compression that was not offered", Plain, extension, ErrNotAgreed},
		{"alone", Alone, extension + server + client, nil},
		{"alone, refused", Alone, "Upgrade: websocket", ErrNotAgreed},
		{"alone, but the server takes over", Alone, extension + client, ErrNotAgreed},
		{"alone, but the client may take over", Alone, extension + server, ErrNotAgreed},
		{"takeover", Takeover, extension, nil},
		{"takeover, refused", Takeover, "Upgrade: websocket", ErrNotAgreed},
		{"takeover, but not the server's", Takeover, extension + server, ErrNotAgreed},
		{"takeover, but not the client's", Takeover, extension + client, ErrNotAgreed},
		{"takeover of a small window", Takeover, extension + "; client_max_window_bits=10", ErrNotAgreed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := test.deflate.checkAccepted(test.fields); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}
