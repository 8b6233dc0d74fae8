package transport

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"slices"
	"testing"
)

// secured returns a transport on TLS and the connection at its other end.
func secured(t testing.TB) (*tlsConn, *tls.Conn) {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of its certificate
	lender.Close()
	near, far := net.Pipe()
	server := tls.Server(near, &tls.Config{Certificates: lender.TLS.Certificates})
	client := tls.Client(far, &tls.Config{InsecureSkipVerify: true})
	t.Cleanup(func() {
		near.Close()
		far.Close()
	})
	shaken := make(chan error, 1)
	go func() { shaken <- server.Handshake() }()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	return New(server).(*tlsConn), client
}

// A TLS connection waits without a buffer and then reads all that is there.
func TestTLSReadWaitsWithoutBuffer(t *testing.T) {
	c, client := secured(t)
	buffer := &recordingBuffer{waiting: make(chan struct{}, 10)}
	var got []byte
	for _, message := range []string{"hello", "a", string(make([]byte, 40<<10)), "end"} {
		go client.Write([]byte(message))
		for len(got) < len(message) {
			read(t, c, buffer, &got)
		}
		if string(got) != message {
			t.Fatalf("read %d bytes, want %d", len(got), len(message))
		}
		got = got[:0]
	}
	if n := len(buffer.waiting); n < 4 {
		t.Errorf("waited %d times, want each time that nothing was left", n)
	}
	if slices.Max(buffer.sizes) != busyRead {
		t.Errorf("asked for room of %v, want more for what fills it", buffer.sizes)
	}
}

// read reads once and adds what came to got.
func read(t testing.TB, c Conn, buffer *recordingBuffer, got *[]byte) {
	t.Helper()
	n, err := c.Read(buffer)
	if err != nil || n == 0 {
		t.Fatalf("Read returned %d, %v", n, err)
	}
	*got = append(*got, buffer.space[:n]...)
}
