package hostile_test

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
)

// extension is the header that offers compression, or agrees on it.
func (s settings) extension() string {
	const header = "Sec-WebSocket-Extensions: permessage-deflate"
	switch {
	case s.Takeover:
		return header + "\r\n"
	case s.Compression:
		return header + "; client_no_context_takeover; server_no_context_takeover\r\n"
	}
	return ""
}

// requestHead is a request for the handshake, but for the line that ends it.
func requestHead(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: victim.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
}

// handshakeSize is about the length of a request or a response.
const handshakeSize = 170

// request performs the handshake as a client.
func (p *peer) request(path string, s settings) error {
	if _, err := io.WriteString(p, requestHead(path)+s.extension()+"\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(p.br, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return errors.New(resp.Status)
	}
	return nil
}

// responseHead is the response to a request, but for the line that ends it.
func responseHead(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
}

// respond performs the handshake as a server.
func (p *peer) respond(s settings) error {
	r, err := http.ReadRequest(p.br)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p, responseHead(r)+s.extension()+"\r\n")
	return err
}
