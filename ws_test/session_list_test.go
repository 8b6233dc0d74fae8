package ws_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestSessionsYieldsEachOnce(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for _, n := range []int{0, 1, 63, 64, 65, 511, 512, 513, 1300} {
			from := on.endpoint(t, nil)
			there := make(map[*ws.Session]int)
			for range n {
				there[startSession(t, from)] = 0
			}
			for s := range from.Sessions() {
				there[s]++
			}
			for _, times := range there {
				if times != 1 || len(there) != n {
					t.Fatalf("%d of %d are met, one of them %d times", len(there), n, times)
				}
			}
			_ = from.Close()
			for s := range from.Sessions() {
				t.Fatalf("there is still %v", s)
			}
		}
	})
}

func TestSessionsLoopMayDoAnything(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		from := on.endpoint(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}})
		var there []*ws.Session
		for range 200 {
			there = append(there, startSession(t, from))
		}
		defer runtime.KeepAlive(&there)
		met := 0
		for range from.Sessions() {
			if met++; met == 100 {
				break
			}
		}
		kept := make(map[*ws.Session]bool)
		for s := range from.Sessions() {
			kept[startSession(t, from)] = true
			_ = s.Text(forever, "hello")
			_ = s.Close(ws.CloseReason{})
			if from.Stats().Sessions == 0 {
				t.Fatal("there are none")
			}
			for other := range from.Sessions() {
				_ = other.Stats()
				break
			}
			if len(kept) > 1000 {
				t.Fatal("the loop does not end")
			}
		}
		if met != 100 || len(kept) < 200 {
			t.Errorf("met %d, and then %d", met, len(kept))
		}
		if err := from.Shutdown(testContext(t)); err != nil {
			t.Fatal(err)
		}
	})
}

// While others start and end, a loop yields every session that stays.
func TestSessionsYieldsThoseThatStay(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		from := on.endpoint(t, nil)
		stay := make(map[*ws.Session]bool)
		stop, group := make(chan struct{}), sync.WaitGroup{}
		for i := range 600 {
			s := startSession(t, from)
			if i%3 == 0 {
				stay[s] = true
			} else {
				defer runtime.KeepAlive(s)
			}
		}
		for range 3 {
			group.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					s, peer := startSessionWithPeer(t, from)
					if i%10 == 0 {
						for other := range from.Sessions() {
							if other == s {
								break
							}
						}
					}
					_ = peer.Close()
					_, _ = s.Close(ws.CloseReason{}), await(t, s.Done(), "its end")
				}
			})
		}
		for range 30 {
			met := make(map[*ws.Session]int)
			for s := range from.Sessions() {
				met[s]++
			}
			for s := range stay {
				if met[s] != 1 {
					t.Fatalf("one is met %d times", met[s])
				}
			}
			for _, times := range met {
				if times > 1 {
					t.Fatalf("one is met %d times", times)
				}
			}
		}
		close(stop)
		group.Wait()
		_ = from.Close()
	})
}

func TestSessionAddresses(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		if got, want := p.session.RemoteAddr().String(), p.client.conn.LocalAddr().String(); got != want {
			t.Fatalf("RemoteAddr %s, want %s", got, want)
		}
	})
}
