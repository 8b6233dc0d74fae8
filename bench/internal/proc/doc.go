// Package proc starts a server, or a client, as a process of its own and reads what it uses.
package proc
