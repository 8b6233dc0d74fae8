package ws

// Reopen lets sessions in again after the package's Shutdown, for the tests
// that come after.
func Reopen() {
	r := defaultUpgrader.registry()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.aborted = false, false
}
