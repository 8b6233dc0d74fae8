package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// allConfigs are all that differ.
func allConfigs() (all []Config) {
	bits := []int{0, 8, 9, 10, 11, 12, 13, 14, 15}
	for flags := range 4 {
		for _, send := range bits {
			for _, recv := range bits {
				all = append(all, Config{flags&1 != 0, flags&2 != 0, send, recv})
			}
		}
	}
	return all
}

// peer returns the Params of the other side.
func (p Params) peer() Params {
	return Params{p.NoRecvTakeover, p.NoSendTakeover, p.RecvWindowBits, p.SendWindowBits}
}

// keeps reports whether p keeps within the limits of c.
func (p Params) keeps(c Config) bool {
	return (p.NoSendTakeover || !c.NoSendTakeover) && (p.NoRecvTakeover || !c.NoRecvTakeover) &&
		p.SendWindowBits <= least(c.SendWindowBits, 0) &&
		(p.RecvWindowBits <= asked(c.RecvWindowBits) || p.NoRecvTakeover)
}

// Client and server agree on the same, for every pair of configurations, and can then
// read each other's messages.
func TestPairAgrees(t *testing.T) {
	servers := allConfigs()
	if raced {
		servers = servers[:81] // there is nothing to race with
	}
	agreed := map[Params]bool{}
	for _, client := range allConfigs() {
		offers := Offer(client)
		_, second, both := strings.Cut(offers, ", ")
		for _, server := range servers {
			agreed[pairAgrees(t, offers, client, server)] = true
			if both { // of a server that declines the first
				agreed[pairAgrees(t, second, client, server)] = true
			}
			if t.Failed() {
				return
			}
		}
	}
	for p := range agreed {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) { pairConverses(t, p) })
	}
}

// pairAgrees returns the Params of the client, whose window to send may be smaller than
// offered.
func pairAgrees(t *testing.T, offers string, client, server Config) Params {
	q, answer, ok := Negotiate([]string{offers}, server)
	p, agreed, err := Agree([]string{answer}, client)
	want := q.peer()
	want.SendWindowBits = least(client.SendWindowBits, want.SendWindowBits)
	if !ok || !agreed || err != nil || p != want || !p.keeps(client) || !q.keeps(server) {
		t.Errorf("client %+v, server %+v, offers %q, answer %q: %+v and %+v, %v", client, server, offers, answer, p, q, err)
	}
	return p
}

// pairConverses sends random messages in both directions.
func pairConverses(t *testing.T, p Params) {
	rng := rand.New(rand.NewPCG(uint64(p.SendWindowBits), uint64(p.RecvWindowBits)))
	for _, params := range []Params{p, p.peer()} {
		d, in := params.Deflater(1+rng.IntN(9)), params.peer().Inflater()
		defer d.Free()
		defer in.Free()
		size := 3 << params.SendWindowBits
		if raced {
			size = min(size, 1000) // they are slow then
		}
		for range 4 {
			message := deflatetest.Sample(rng, rng.IntN(size))
			compressed := d.send(t, message, randomFragments(rng, len(message))...)
			got, err := inflated(&in, compressed, func() int { return 1 + rng.IntN(1<<14) })
			if err != nil || !bytes.Equal(got, message) {
				t.Fatalf("%+v: %d bytes of %d, %v", params, len(got), len(message), err)
			}
		}
	}
}
