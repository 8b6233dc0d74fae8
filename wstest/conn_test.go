package wstest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func ends() (client, server *conn) { return connectOver(new(Network)) }

func connectOver(n *Network) (client, server *conn) {
	return n.connect(&net.TCPAddr{Port: 1}, &net.TCPAddr{Port: 2})
}

func TestConnKeepsOrderWhenFull(t *testing.T) {
	client, server := ends()
	sent := make([]byte, 10*flowSize+1)
	for i := range sent {
		sent[i] = byte(i % 251)
	}
	go func() {
		_, _ = client.Write(sent)
		_ = client.Close()
	}()
	got, err := io.ReadAll(server)
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes arrived as %d bytes, error %v", len(sent), len(got), err)
	}
}

func TestConnWriteWaitsWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := ends()
		if n, err := client.Write(make([]byte, flowSize)); n != flowSize || err != nil {
			t.Fatalf("the write that fills the conn: %d, %v", n, err)
		}
		wrote := make(chan error, 1)
		go func() {
			_, err := client.Write([]byte{1})
			wrote <- err
		}()
		synctest.Wait()
		if len(wrote) > 0 {
			t.Fatal("a write into a full conn did not wait")
		}
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := <-wrote; err != nil {
			t.Fatal(err)
		}
	})
}

// As over TCP, the bytes of a write stay together when others write, too.
func TestConnWritesDoNotInterleave(t *testing.T) {
	client, server := ends()
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() { _, _ = client.Write(bytes.Repeat([]byte{byte(i)}, 2*flowSize)) })
	}
	go func() {
		writers.Wait()
		_ = client.Close()
	}()
	got, err := io.ReadAll(server)
	if err != nil || len(got) != 8*flowSize {
		t.Fatalf("read %d bytes, %v", len(got), err)
	}
	for chunk := range slices.Chunk(got, 2*flowSize) {
		if n := bytes.Count(chunk, chunk[:1]); n != len(chunk) {
			t.Fatalf("%d of %d bytes are of one write", n, len(chunk))
		}
	}
}

func TestConnDeadline(t *testing.T) {
	read := func(c *conn) error { _, err := c.Read(make([]byte, 1)); return err }
	write := func(c *conn) error { _, err := c.Write(make([]byte, flowSize+1)); return err }
	for _, test := range []struct {
		name string
		wait func(*conn) error
		set  func(*conn, time.Time) error
	}{
		{"a read", read, (*conn).SetReadDeadline},
		{"a read by either", read, (*conn).SetDeadline},
		{"a write", write, (*conn).SetWriteDeadline},
		{"a write by either", write, (*conn).SetDeadline},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := ends()
				began := time.Now()
				_ = test.set(c, began.Add(time.Hour))
				if err := test.wait(c); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Hour {
					t.Fatalf("with a deadline: %v after %v", err, time.Since(began))
				}

				_ = test.set(c, time.Time{})
				ended := make(chan error, 1)
				go func() { ended <- test.wait(c) }()
				synctest.Wait()
				if len(ended) > 0 {
					t.Fatalf("without a deadline: %v", <-ended)
				}
				_ = test.set(c, time.Unix(1, 0))
				if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("with a deadline of long ago: %v", err)
				}
			})
		})
	}
}

func TestConnCloseEndsBothSides(t *testing.T) {
	p := make([]byte, 8)
	client, server := ends()
	_, _ = client.Write([]byte("last"))
	_ = client.Close()
	if _, err := client.Write(p); !errors.Is(err, net.ErrClosed) {
		t.Errorf("own write: %v", err)
	}
	if _, err := client.Read(p); !errors.Is(err, net.ErrClosed) {
		t.Errorf("own read: %v", err)
	}
	if n, err := server.Read(p); string(p[:n]) != "last" || err != nil {
		t.Errorf("the peer's read of what was under way: %q, %v", p[:n], err)
	}
	if _, err := server.Read(p); err != io.EOF {
		t.Errorf("the peer's read: %v", err)
	}
	if _, err := server.Write(p); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the peer's write: %v", err)
	}
}

func TestConnCloseEndsWaits(t *testing.T) {
	for _, test := range []struct {
		name  string
		close func(mine, peers *conn)
		read  error // of mine
		write error
	}{
		{"its own", func(mine, _ *conn) { _ = mine.Close() }, net.ErrClosed, net.ErrClosed},
		{"the peer's", func(_, peers *conn) { _ = peers.Close() }, io.EOF, io.ErrClosedPipe},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mine, peers := ends()
				read, wrote := make(chan error, 1), make(chan error, 1)
				go func() { _, err := mine.Read(make([]byte, 1)); read <- err }()
				go func() { _, err := mine.Write(make([]byte, flowSize+1)); wrote <- err }()
				synctest.Wait()
				test.close(mine, peers)
				if err := <-read; !errors.Is(err, test.read) {
					t.Errorf("read: %v, want %v", err, test.read)
				}
				if err := <-wrote; !errors.Is(err, test.write) {
					t.Errorf("write: %v, want %v", err, test.write)
				}
			})
		})
	}
}

func TestConnCloseWrite(t *testing.T) {
	client, server := ends()
	_ = client.CloseWrite()
	if _, err := server.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read: %v", err)
	}
	_, _ = server.Write([]byte("still there"))
	p := make([]byte, 20)
	if n, err := client.Read(p); string(p[:n]) != "still there" || err != nil {
		t.Errorf("read %q, %v", p[:n], err)
	}
}
