package main

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/handset-go/handset/bench/internal/load"
)

func TestEchoesAreRightHoweverTheFramesCome(t *testing.T) {
	const messages = 40
	specs := map[string]load.TapeSpec{
		"small":     {Opcode: load.Binary, Size: 125, Count: messages},
		"empty":     {Opcode: load.Binary, Size: 0, Count: messages},
		"text":      {Opcode: load.Text, Size: 1000, Count: messages},
		"large":     {Opcode: load.Binary, Size: 70_000, Count: messages},
		"fragments": {Opcode: load.Binary, Size: 3000, Fragment: 1000, Count: messages},
	}
	for name, spec := range specs {
		tape := load.NewTape(spec)
		for _, step := range []int{1, 130, 131, 5000, 1 << 20} {
			if step == 1 && spec.Size > 1000 {
				continue // millions of reads
			}
			t.Run(fmt.Sprintf("%s,step=%d", name, step), func(t *testing.T) {
				client, server := net.Pipe()
				defer client.Close()
				go func() {
					defer server.Close()
					echo(newReader(server, nil))
				}()
				go func() {
					for piece := range slices.Chunk(tape.Wire(0, messages), step) {
						client.Write(piece)
					}
				}()
				checker, got := load.NewChecker(tape, 0), 0
				for buf := make([]byte, 64<<10); got < messages; {
					n, err := client.Read(buf)
					if err != nil {
						t.Fatal(err)
					}
					ended, err := checker.Feed(buf[:n])
					if err != nil {
						t.Fatal(err)
					}
					got += ended
				}
			})
		}
	}
}

func TestEchoesKeepTheirOrderAroundFragments(t *testing.T) {
	whole := load.NewTape(load.TapeSpec{Opcode: load.Binary, Size: 10})
	pieces := load.NewTape(load.TapeSpec{Opcode: load.Binary, Size: 20, Fragment: 7})
	wire := slices.Concat(whole.Wire(0, 1), pieces.Wire(0, 1), whole.Wire(0, 1))
	want := slices.Concat(whole.Payload(0), pieces.Payload(0), whole.Payload(0))

	client, server := net.Pipe()
	defer client.Close()
	go echo(newReader(server, wire))
	var got []byte
	for buf := make([]byte, 100); len(got) < len(want); {
		n, err := client.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[2:n]...) // one small frame in each write
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}
