// Package handset is a WebSocket in two halves: a mouthpiece to speak into and
// an earpiece to listen on. It holds no code. The library is the package
// [github.com/handset-go/handset/ws]; begin there.
//
//   - ws.Handle does the handshake inside any net/http handler, and returns
//     both halves. The handler may return at once.
//   - ws.Session is the mouthpiece. Any number of goroutines may send with it.
//   - ws.MessageStream is the earpiece. It is read by Recv, by a range loop
//     over All, or through the channel of Chan.
//   - ws.AggregatedStream, of MessageStream.Aggregate, is the same in whole
//     messages of a size that the server sets: what most servers want. Without
//     it messages of more than 64 KiB, and fragmented ones, come in pieces, so
//     that a program that looks for Text works with 1 kB and silently ignores
//     100 kB.
//   - ws.Upgrader holds the options.
//   - The package [github.com/handset-go/handset/wstest] has a server, a client
//     and a connected pair in memory, for tests.
//
// The example below is a whole server and a client that talks to it. Another,
// with a page to try it from a browser, is run by
//
//	go run github.com/handset-go/handset/examples/echo@latest
//
// The model is that of Rust's actix-ws. For those who come from there, the
// README has a table from each of its names to the one here.
package handset
