package ws

// Reopen makes the package-level Handle accept handshakes again after Shutdown, for
// later tests.
func Reopen() {
	r := defaultUpgrader.registry()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.aborted = false, false
}
