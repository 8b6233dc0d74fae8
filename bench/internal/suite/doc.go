// Package suite holds what is measured: the servers, the workloads and the
// figures, each a table, and the loop that runs one against the other.
package suite
