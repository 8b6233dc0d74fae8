package handshake

import (
	"errors"
	"io"
	"net"
	"reflect"
	"time"
)

// connUnder returns the connection under the body of a 101, or nil if it is not known.
// The body that net/http returns embeds it.
func connUnder(body io.ReadCloser) net.Conn {
	v := reflect.Indirect(reflect.ValueOf(body))
	if v.Kind() != reflect.Struct || v.Type().PkgPath() != "net/http" {
		return nil
	}
	field := v.FieldByName("ReadWriteCloser")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	conn, _ := field.Interface().(net.Conn)
	return conn
}

// bodyConn is the writable body of a 101 as a net.Conn, for a RoundTripper that hides
// which connection it has used. It does not support deadlines.
type bodyConn struct {
	io.ReadWriteCloser
	remote hostAddr
}

func (c *bodyConn) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (c *bodyConn) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (c *bodyConn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

// LocalAddr returns an empty address.
func (c *bodyConn) LocalAddr() net.Addr { return hostAddr("") }

// RemoteAddr returns the host of the URL that was requested.
func (c *bodyConn) RemoteAddr() net.Addr { return c.remote }

// hostAddr is the address of a bodyConn.
type hostAddr string

func (hostAddr) Network() string  { return "http" }
func (a hostAddr) String() string { return string(a) }

// readThroughConn is a connection that is read through the body of a 101, which
// may hold bytes that have been read of it.
type readThroughConn struct {
	net.Conn
	body io.ReadCloser
}

func (c *readThroughConn) Read(p []byte) (int, error) { return c.body.Read(p) }

// Close closes the body, which may be a wrapper that does not close the connection,
// and the connection.
func (c *readThroughConn) Close() error {
	err := c.body.Close()
	if closed := c.Conn.Close(); err == nil && !errors.Is(closed, net.ErrClosed) {
		err = closed
	}
	return err
}
