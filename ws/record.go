package ws

import "maps"

// record counts what happens to sessions once or so. Its registry's lock guards it.
type record struct {
	total, refused uint64
	sent, received map[CloseCode]uint64
	ends           map[string]uint64
}

// count counts under a key, making the map with the first one.
func count[K comparable](m *map[K]uint64, key K) {
	if *m == nil {
		*m = make(map[K]uint64)
	}
	(*m)[key]++
}

// copy is what of Stats is known here.
func (r *record) copy() Stats {
	return Stats{
		Total: r.total, Refused: r.refused,
		ClosesSent: maps.Clone(r.sent), ClosesReceived: maps.Clone(r.received), Ends: maps.Clone(r.ends),
	}
}

func (f *registry) countRefusal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record.refused++
}

func (f *registry) countCloseSent(code CloseCode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	count(&f.record.sent, code)
}

func (f *registry) countCloseReceived(code CloseCode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	count(&f.record.received, code)
}
