package wsjson_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

// The error of a codec is not mistaken for the end of the stream.
func TestErrorIsNoEOF(t *testing.T) {
	for _, cause := range []error{io.EOF, io.ErrUnexpectedEOF, fmt.Errorf("codec: %w", io.EOF)} {
		client, server := pair(t, nil)
		client.send(t, text("data"))
		_, err := wsjson.With(fakeCodec{ws.Text, cause}).Recv(t.Context(), server.stream)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v is, by errors.Is, the end of the stream", err)
		}
		if bad := asError(t, err); bad.Err != cause {
			t.Errorf("Err is %v, want %v", bad.Err, cause)
		}
	}
}

func TestErrorHidesData(t *testing.T) {
	_, err := wsjson.Decode[Move](text(`{"x":"secret"}`))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the text of the error is %v", err)
	}
}

// The text of an error is short, although some of encoding/json quote the message.
func TestErrorIsShort(t *testing.T) {
	strict := wsjson.With(wsjson.JSON[Move]{DisallowUnknownFields: true})
	_, err := strict.Decode(text(`{"` + strings.Repeat("long", 1000) + `":1}`))
	if err == nil || !strings.Contains(err.Error(), "unknown field") || len(err.Error()) > 400 {
		t.Errorf("the text of the error is %v", err)
	}
}
