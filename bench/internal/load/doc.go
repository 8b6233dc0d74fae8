// Package load drives a WebSocket server from one thread.
//
// It is written to cost less than any server it measures: the masked frames are
// built before the clock starts, sending is one slice and one system call, the
// sockets sit in one edge-triggered epoll, and what comes back is compared with
// what should come back, byte for byte, without being copied.
//
// Compressed answers are inflated and then compared, each distinct one once: the
// same bytes need not be inflated again where they can only mean the same.
package load
