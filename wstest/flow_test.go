package wstest

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestNetworkSplit(t *testing.T) {
	sizes := func(seed uint64) (sizes []int) {
		synctest.Test(t, func(t *testing.T) {
			n := new(Network)
			n.Split(Down, seed)
			client, server := connectOver(n)
			data := bytes.Repeat([]byte("0123456789"), 5000)
			if _, err := server.Write(data); err != nil {
				t.Fatal(err)
			}
			for p := make([]byte, len(data)); len(data) > 0; {
				k, err := client.Read(p)
				if err != nil || !bytes.Equal(p[:k], data[:k]) {
					t.Fatalf("read %d bytes, %v", k, err)
				}
				data, sizes = data[k:], append(sizes, k)
			}
		})
		return sizes
	}
	first, again, other := sizes(1), sizes(1), sizes(2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("seed 1: %v\nagain:  %v\nseed 2: %v", first, again, other)
	}
	if len(first) < 30 {
		t.Errorf("50,000 bytes were read in %d reads", len(first))
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
