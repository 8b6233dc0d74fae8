// Package handset is a WebSocket library for servers and clients. This package holds no
// code; the library is package [github.com/handset-go/handset/ws].
//
//   - ws.Handler makes an http.Handler of a function that serves a session.
//     ws.Handle performs the handshake inside any net/http handler.
//   - ws.Dial connects to a server. ws.Redialer does so again when the connection is
//     lost.
//   - ws.Session is the half of a connection that sends. It is safe for
//     concurrent use.
//   - ws.MessageStream is the half that receives, by Recv, by a range loop over
//     All, or by the channel of Chan.
//   - ws.AggregatedStream, which MessageStream.Aggregate returns, yields whole
//     messages up to a size limit. Most programs use it. Without it, a message
//     that is longer than 64 KiB, or that the peer has fragmented, arrives in
//     chunks, which a program that only handles Text silently ignores.
//   - ws.Upgrader holds the options of a server, and ws.Dialer those of a client.
//   - Package [github.com/handset-go/handset/wstest] has a server in memory with
//     clients, and a connected pair, for tests.
//
// The example is a whole server, and a client that talks to it. The first of these
// commands starts another server, with a page to try it from a browser, and the second
// connects to it:
//
//	go run github.com/handset-go/handset/examples/echo@latest
//	go run github.com/handset-go/handset/examples/echo/client@latest ws://127.0.0.1:8080/ws_echo
//
// The model is that of Rust's actix-ws. docs/from-actix-ws.md maps its names to those of
// package ws.
package handset
