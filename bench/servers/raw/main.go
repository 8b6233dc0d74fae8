// Command raw is the ceiling: a hand-written loop over net.Conn with no library
// in between. One read, the frames in it unmasked in place, one write of all
// the echoes. It checks text and assembles fragments, but trusts the client
// otherwise, which no library can afford.
package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/handset-go/handset/bench/internal/serve"
)

// guid is what RFC 6455 §1.3 adds to the client's key.
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

var room serve.Room[[]byte]

const backlog = 256

func main() {
	serve.Main(serve.Handlers{Echo: handle(echo), Join: handle(join), Talk: handle(talk), Push: handle(push), Group: handle(group)})
}

func handle(serve func(*reader)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			log.Print(err)
			return
		}
		conn.SetDeadline(time.Time{})
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + guid))
		answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
			base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
		if _, err := conn.Write([]byte(answer)); err != nil {
			conn.Close()
			return
		}
		early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
		reader := newReader(conn, bytes.Clone(early))
		go func() {
			defer conn.Close()
			serve(reader)
		}()
	}
}

func echo(r *reader) {
	for {
		frames, ok := r.next()
		if !ok {
			return
		}
		if _, err := r.conn.Write(frames); err != nil {
			return
		}
	}
}

func join(r *reader) {
	defer room.Leave(enter(r.conn))
	for {
		if _, ok := r.next(); !ok {
			return
		}
	}
}

// group is join and talk on one connection.
func group(r *reader) {
	defer room.Leave(enter(r.conn))
	talk(r)
}

// enter gathers what has queued up into one write.
func enter(conn net.Conn) (member chan []byte) {
	member = room.Join(backlog)
	go write(conn, member)
	return member
}

func write(conn net.Conn, member <-chan []byte) {
	defer conn.Close()
	var gathered []byte
	for frames := range member {
		gathered = append(gathered[:0], frames...)
		for n := len(member); n > 0; n-- {
			gathered = append(gathered, <-member...)
		}
		if _, err := conn.Write(gathered); err != nil {
			return
		}
	}
}

func talk(r *reader) {
	for {
		frames, ok := r.next()
		if !ok {
			return
		}
		room.Publish(bytes.Clone(frames))
	}
}

func push(r *reader) {
	frame, ok := r.next()
	if !ok {
		return
	}
	var writing sync.Mutex
	serve.Push(func() error {
		writing.Lock()
		defer writing.Unlock()
		_, err := r.conn.Write(frame)
		return err
	})
}
