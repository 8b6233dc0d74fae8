// Package proc starts a server as a process of its own and reads what it uses.
package proc
