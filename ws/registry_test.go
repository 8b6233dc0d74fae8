package ws

import (
	"fmt"
	"math/rand"
	"net"
	"runtime"
	"testing"
	"time"
)

// startSession returns a session of u over a pipe, without a handshake, and the other
// end of the pipe.
func startSession(t testing.TB, u *Upgrader) (*Session, net.Conn) {
	t.Helper()
	end, peer := net.Pipe()
	t.Cleanup(func() { _ = peer.Close() })
	r := u.registry()
	if err := r.reserve(); err != nil {
		t.Fatal(err)
	}
	s := newSession(r, end, nil, nil, nil)
	r.add(s)
	return s, peer
}

// With any sequence of beginnings and ends, the registry lists each session once.
func TestRegistryListsSessionsOnce(t *testing.T) {
	r := new(registry)
	var want []*Session
	rng := rand.New(rand.NewSource(1))
	for step, grow := 0, true; step < 20_000; step++ {
		if len(want) == 0 || len(want) > 1500 {
			grow = len(want) == 0
		}
		if rng.Intn(10) < 6 == grow || len(want) == 0 {
			s := new(Session)
			r.listLocked(s)
			want = append(want, s)
		} else {
			i := rng.Intn(len(want))
			r.unlistLocked(want[i])
			want[i] = want[len(want)-1]
			want = want[:len(want)-1]
		}
		if step%500 == 0 {
			r.expectListed(t, want)
		}
	}
}

// expectListed checks that exactly the given sessions are listed.
func (r *registry) expectListed(t *testing.T, want []*Session) {
	t.Helper()
	got := make(map[*Session]int)
	for _, e := range r.list() {
		if s := e.value(); s != nil {
			got[s]++
		}
	}
	for _, s := range want {
		if got[s] != 1 {
			t.Fatalf("a session is listed %d times", got[s])
		}
	}
	if r.listed != len(want) || len(got) != len(want) {
		t.Fatalf("%d sessions, %d are counted and %d listed", len(want), r.listed, len(got))
	}
}

// weakenUnused is called after garbage collections, as long as there are sessions.
func TestRegistryWeakensAfterGC(t *testing.T) {
	u := new(Upgrader)
	r := u.registry()
	s, _ := startSession(t, u)
	awaits := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.afterGC
	}
	for r.isReferenced(s) {
		runtime.GC()
	}
	s.end(ErrShutdown)
	for awaits() {
		runtime.GC()
	}
	startSession(t, u)
	if !awaits() {
		t.Error("weakenUnused will not be called for another session")
	}
	_ = u.Close()
}

// isReferenced reports whether the list references s.
func (r *registry) isReferenced(s *Session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessions[s.membership.index].session == s
}

// The index of an abandoned session cannot be updated when its entry moves. Abandoned
// sessions are removed in any order, and others between them.
func TestRegistryRemovesAbandonedSessions(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 300 {
		r := new(registry)
		var kept, abandoned []*Session
		for range rng.Intn(30) {
			s := new(Session)
			r.listLocked(s)
			if rng.Intn(2) == 0 {
				kept = append(kept, s)
			} else {
				abandoned = append(abandoned, s)
				r.sessions[s.membership.index] = entry{} // as the garbage collector does
			}
		}
		for len(abandoned) > 0 {
			switch rng.Intn(4) {
			case 0:
				s := new(Session)
				r.listLocked(s)
				kept = append(kept, s)
			case 1:
				if len(kept) > 0 {
					r.unlistLocked(kept[0])
					kept = kept[1:]
				}
			default:
				i := rng.Intn(len(abandoned))
				r.unlistLocked(abandoned[i])
				abandoned = append(abandoned[:i], abandoned[i+1:]...)
			}
		}
		r.expectListed(t, kept)
		if len(r.sessions) != len(kept) {
			t.Fatalf("%d entries for %d sessions", len(r.sessions), len(kept))
		}
	}
}

func TestRegistryListShrinks(t *testing.T) {
	r := new(registry)
	var all []*Session
	for range 100_000 {
		s := new(Session)
		r.listLocked(s)
		all = append(all, s)
	}
	for _, s := range all[1:] {
		r.unlistLocked(s)
	}
	r.expectListed(t, all[:1])
	if cap(r.sessions) > 64 {
		t.Errorf("room for %d sessions is left for one", cap(r.sessions))
	}
}

// A session is referenced by the list until nothing has received from it for a while.
func TestRegistryWeakensUnused(t *testing.T) {
	tests := []struct {
		name    string
		between func(s *Session) // two calls of weakenUnused
		weak    bool
	}{
		{"nothing receives", func(*Session) {}, true},
		{"a message was received", func(s *Session) { s.heartbeat.unread.receives() }, false},
		{"a reader waits", func(s *Session) { s.flags.wait() }, false},
		{"a reader that waited has returned", func(s *Session) { s.flags.wait(); s.flags.arrive() }, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := new(registry)
			var all []*Session
			for range 2*weakenAtOnce + 3 {
				s := new(Session)
				r.listLocked(s)
				all = append(all, s)
			}
			r.weakenUnused()
			for i, s := range all {
				if r.sessions[i].session != s {
					t.Fatalf("session %d is no longer referenced after the first call", i)
				}
				test.between(s)
			}
			r.weakenUnused()
			for i, s := range all {
				if weak := r.sessions[i].session == nil; weak != test.weak {
					t.Fatalf("session %d: its entry is weak: %v, want %v", i, weak, test.weak)
				}
				if r.sessions[i].value() != s {
					t.Fatalf("entry %d has another session", i)
				}
			}
			for _, s := range all {
				r.unlistLocked(s)
			}
		})
	}
}

// BenchmarkShutdown measures peers that answer, and peers that do not, so that
// CloseTimeout expires for all.
func BenchmarkShutdown(b *testing.B) {
	const sessions = 10_000
	for name, timeout := range map[string]time.Duration{"answered": time.Minute, "silent": time.Second} {
		b.Run(fmt.Sprintf("sessions=%d/%s", sessions, name), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				u := &Upgrader{Options: Options{CloseTimeout: timeout}}
				var all []*Session
				for range sessions {
					s, peer := startSession(b, u)
					all = append(all, s)
					go answer(peer, name == "answered")
				}
				b.StartTimer()
				if err := u.Shutdown(b.Context()); err != nil {
					b.Fatal(err)
				}
				runtime.KeepAlive(all)
			}
		})
	}
}

// answer reads a Close frame, and answers it if answers is set.
func answer(peer net.Conn, answers bool) {
	buffer := make([]byte, 128)
	if _, err := peer.Read(buffer); err == nil && answers {
		_, _ = peer.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9})
	}
	_, _ = peer.Read(buffer)
}
