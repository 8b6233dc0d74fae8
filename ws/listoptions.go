package ws

import "sync"

// listOptions are those options of an Upgrader that are lists. They are checked
// and parsed once, and not for every handshake.
type listOptions struct {
	once    sync.Once
	origins []originPattern
	err     error // what makes no sense in them
}

// originPatterns returns OriginPatterns as they are matched, or what is wrong
// with them or with Subprotocols.
func (u *Upgrader) originPatterns() ([]originPattern, error) {
	l := &u.registry().lists
	l.once.Do(func() {
		if l.err = checkSubprotocols(u.Subprotocols); l.err == nil {
			l.origins, l.err = parseOriginPatterns(u.OriginPatterns)
		}
	})
	return l.origins, l.err
}
