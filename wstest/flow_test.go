package wstest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestNetworkSplit(t *testing.T) {
	sizes := func(seed uint64, buffer int, connectFirst bool) (sizes []int) {
		synctest.Test(t, func(t *testing.T) {
			n := new(Network)
			if !connectFirst {
				n.Split(Down, seed)
			}
			client, server := connectOver(n)
			if connectFirst {
				n.Split(Down, seed)
			}
			data := bytes.Repeat([]byte("0123456789"), 5000)
			if _, err := server.Write(data); err != nil {
				t.Fatal(err)
			}
			for p := make([]byte, buffer); len(data) > 0; {
				k, err := client.Read(p)
				if err != nil || !bytes.Equal(p[:k], data[:k]) {
					t.Fatalf("read %d bytes, %v", k, err)
				}
				data, sizes = data[k:], append(sizes, k)
			}
		})
		return sizes
	}
	first, again, other := sizes(1, 1<<20, false), sizes(1, 1<<20, true), sizes(2, 1<<20, true)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("seed 1: %v\nagain:  %v\nseed 2: %v", first, again, other)
	}
	small := sizes(1, 100, true) // splits the same bytes more often
	for i, at := 0, 0; len(first) > 0; i++ {
		if at += small[i]; at == first[0] {
			first, at = first[1:], 0
		} else if at > first[0] {
			t.Fatalf("with a buffer of 100 bytes: %v", small)
		}
	}
	if len(again) < 30 {
		t.Errorf("50,000 bytes were read in %d reads", len(again))
	}
}

func TestNetworkDeadlines(t *testing.T) {
	for name, fault := range map[string]func(*Network){
		"latency": func(n *Network) { n.SetLatency(Both, time.Hour) },
		"rate":    func(n *Network) { n.SetRate(Both, 1); n.SetLatency(Both, time.Minute) },
		"stall":   func(n *Network) { n.Stall(Both) },
		"drop":    func(n *Network) { n.Drop(Both) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := new(Network)
				client, server := connectOver(n)
				fault(n)
				_, _ = client.Write([]byte("hello"))
				began := time.Now()
				_ = server.SetReadDeadline(began.Add(time.Second))
				_, err := server.Read(make([]byte, 9))
				if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Second {
					t.Errorf("a read returned %v after %v", err, took)
				}
			})
		})
	}
}

// A writer does not notice that its peer is gone while nothing arrives there.
func TestNetworkStallHidesClose(t *testing.T) {
	n := new(Network)
	client, server := connectOver(n)
	n.Stall(Up)
	_ = server.Close()
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Errorf("a write to a stalled network: %v", err)
	}
	n.Resume(Up)
	if _, err := client.Write([]byte("hello")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a write to a closed connection: %v", err)
	}
}

// A network that a test uses for long does not collect the connections that are closed.
func TestNetworkForgetsClosedConnections(t *testing.T) {
	for name, fault := range map[string]func(*Network){
		"none":        func(*Network) {},
		"stall":       func(n *Network) { n.Stall(Both) },
		"drop":        func(n *Network) { n.Drop(Both) },
		"reset":       (*Network).Reset,
		"close write": func(n *Network) { n.CloseWrite(Both) },
	} {
		t.Run(name, func(t *testing.T) {
			n := new(Network)
			client, server := connectOver(n)
			fault(n)
			_ = client.Close()
			if len(n.open) != 1 {
				t.Errorf("%d connections after one end was closed", len(n.open))
			}
			_ = server.Close()
			if len(n.open) != 0 {
				t.Errorf("%d connections are left", len(n.open))
			}
		})
	}
}

func TestWrapForgetsClosedConnections(t *testing.T) {
	for name, end := range map[string]func(n *Network, peer net.Conn){
		"closed":         func(*Network, net.Conn) {},
		"reset":          func(n *Network, _ net.Conn) { n.Reset() },
		"closed by peer": func(_ *Network, peer net.Conn) { _ = peer.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := new(Network)
				under, peer := net.Pipe()
				wrapped := n.Wrap(t, under)
				end(n, peer)
				_ = wrapped.Close()
				synctest.Wait()
				if len(n.open) != 0 {
					t.Errorf("%d connections are left", len(n.open))
				}
				if _, err := peer.Read(make([]byte, 1)); err != io.EOF && err != io.ErrClosedPipe {
					t.Errorf("the connection under it is open: %v", err)
				}
			})
		})
	}
}

// What is written while nothing is read takes no more memory than without faults.
func TestNetworkBoundsMemory(t *testing.T) {
	for name, fault := range map[string]func(*Network){
		"latency":        func(n *Network) { n.SetLatency(Up, time.Hour) },
		"rate":           func(n *Network) { n.SetRate(Up, 1) },
		"stall":          func(n *Network) { n.Stall(Up) },
		"stall, no peer": func(n *Network) { n.Stall(Up) },
		"drop":           func(n *Network) { n.Drop(Up) },
		"close write":    func(n *Network) { n.CloseWrite(Up) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := new(Network)
				client, server := connectOver(n)
				fault(n)
				if name == "stall, no peer" {
					_ = server.Close()
				}
				_ = client.SetWriteDeadline(time.Now().Add(time.Minute))
				for range 10 {
					_, _ = client.Write(make([]byte, flowSize))
				}
				if f := client.out; len(f.buffered) > flowSize || len(f.arrivals.coming) > flowSize {
					t.Errorf("%d bytes in %d segments", len(f.buffered), len(f.arrivals.coming))
				}
			})
		})
	}
}
