package ws_test

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
)

// resolver returns a Resolver for which every name has one address of IPv4 and one of
// IPv6.
func resolver(t *testing.T, four, six net.IP) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		for query := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return // the test is over
			}
			_, _ = server.WriteTo(dnsAnswer(query[:n], four, six), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

const (
	dnsHeader = 12
	typeA     = 1
	typeAAAA  = 28
)

// dnsAnswer answers a query (RFC 1035 §4.1) for the addresses of a name.
func dnsAnswer(query []byte, four, six net.IP) []byte {
	end := dnsHeader
	for query[end] != 0 { // the labels of the name
		end += 1 + int(query[end])
	}
	end += 5 // the label of the root, type and class
	answer := append([]byte(nil), query[:end]...)
	binary.BigEndian.PutUint16(answer[2:], 0x8580) // an answer, with authority
	clear(answer[6:dnsHeader])                     // as many answers follow; no records of the query's are repeated
	address := map[uint16]net.IP{typeA: four.To4(), typeAAAA: six}[binary.BigEndian.Uint16(query[end-4:])]
	if address == nil {
		return answer
	}
	answer[7] = 1
	answer = append(answer, 0xC0, dnsHeader) // the name of the query
	answer = append(answer, query[end-4:end]...)
	answer = append(answer, 0, 0, 0, 60, 0, byte(len(address))) // seconds to live, length
	return append(answer, address...)
}
