package ws

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sync/errgroup"
)

// registry is all the sessions of an Upgrader. Its lock is taken when one begins
// and when it ends, and not between.
type registry struct {
	upgrader *Upgrader
	lists    listOptions

	mu      sync.Mutex
	door    door
	roster  roster
	sweeper *sweeper // nil while there are no sessions
	record  record

	abandoned []*Session // to be ended

	pings, pongs, unread atomic.Uint64
	tally                tally
	gathering            gathering
	writing              writing
}

// registry returns the Upgrader's own. One that was copied from an Upgrader in use
// has none yet.
func (u *Upgrader) registry() *registry {
	for {
		known := atomic.LoadPointer(&u.state)
		if f := (*registry)(known); f != nil && f.upgrader == u {
			return f
		}
		atomic.CompareAndSwapPointer(&u.state, known, unsafe.Pointer(&registry{upgrader: u}))
	}
}

// before is the roster's, for those who have not got the lock.
func (f *registry) before(end int, part []*Session) (n, next int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.roster.before(end, part)
}

// each calls do for every session, a few at a time, each of a share of them.
func (f *registry) each(do func(*Session)) {
	f.mu.Lock()
	all := f.roster.all()
	f.mu.Unlock()
	const share = 64
	group, _ := errgroup.WithContext(context.Background())
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for len(all) > 0 {
		part := all[:min(share, len(all))]
		all = all[len(part):]
		group.Go(func() error {
			for _, s := range part {
				do(s)
			}
			return nil
		})
	}
	_ = group.Wait()
}
