package ws_test

import (
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// duplex is an end of a connection without buffers whose directions end one by
// one, or both with a reset, as those of TCP.
type duplex struct {
	net.Conn          // the incoming direction
	out      net.Conn // the outgoing one
	broken   *atomic.Bool
}

func (d *duplex) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	if err == io.EOF && d.broken.Load() {
		err = &net.OpError{Op: "read", Net: "pipe", Err: syscall.ECONNRESET}
	}
	return n, err
}

func (d *duplex) Write(p []byte) (int, error) { return d.out.Write(p) }

func (d *duplex) CloseWrite() error { return d.out.Close() }

func (d *duplex) SetWriteDeadline(t time.Time) error { return d.out.SetWriteDeadline(t) }

func (d *duplex) SetDeadline(t time.Time) error {
	_ = d.out.SetDeadline(t)
	return d.Conn.SetDeadline(t)
}

func (d *duplex) Close() error {
	_ = d.out.Close()
	return d.Conn.Close()
}

func (d *duplex) reset() {
	d.broken.Store(true)
	_ = d.Close()
}

func newDuplex() (end, peer *duplex) {
	upEnd, upPeer := net.Pipe()
	downEnd, downPeer := net.Pipe()
	broken := new(atomic.Bool)
	return &duplex{upEnd, downEnd, broken}, &duplex{downPeer, upPeer, broken}
}
