// Package load drives a WebSocket server, or a client, from one thread.
//
// It is written to cost less than anything it measures: the frames are built before the clock starts, sending is one slice and one system call, the
// sockets sit in one edge-triggered epoll, and what comes back is compared with
// what should come back, byte for byte, without being copied.
//
// Compressed answers are inflated and then compared, each distinct one once: the
// same bytes need not be inflated again where they can only mean the same.
//
// A client is driven as a server is, the other way round: it connects to the load,
// and echoes what the load sends. So clients and servers are measured by the same
// loads, and every byte that a client sends is compared too, once unmasked.
package load
