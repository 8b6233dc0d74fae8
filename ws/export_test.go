package ws

// Reopen lets sessions in again after the package's Shutdown, for the tests
// that come after.
func Reopen() {
	f := zero.registry()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.door.closed, f.door.cut = false, false
}
