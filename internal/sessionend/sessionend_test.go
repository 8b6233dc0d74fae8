package sessionend_test

import (
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/internal/sessionend"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// calls counts how often each session has ended.
type calls struct {
	t     *testing.T
	ended map[*ws.Session]int
}

func (c *calls) SessionEnded(session any) {
	s := session.(*ws.Session)
	select {
	case <-s.Done():
	default:
		c.t.Error("called before the session has ended")
	}
	c.ended[s]++
}

func TestObserve(t *testing.T) {
	for name, observe := range map[string]func(s *ws.Session, end func(), o sessionend.Observer){
		"before the end": func(s *ws.Session, end func(), o sessionend.Observer) {
			sessionend.Observe(s, o)
			end()
		},
		"twice": func(s *ws.Session, end func(), o sessionend.Observer) {
			sessionend.Observe(s, o)
			sessionend.Observe(s, o)
			end()
		},
		"after the end": func(s *ws.Session, end func(), o sessionend.Observer) {
			end()
			sessionend.Observe(s, o)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := wstest.Pair(t, nil, nil)
				o := &calls{t, map[*ws.Session]int{}}
				end := func() {
					if err := client.Session.Close(ws.CloseReason{}); err != nil {
						t.Fatal(err)
					}
					<-server.Session.Done()
				}
				observe(server.Session, end, o)
				synctest.Wait()
				if n := o.ended[server.Session]; n != 1 {
					t.Errorf("called %d times", n)
				}
			})
		})
	}
}

func TestObserveNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o := new(ws.Session), &calls{t, map[*ws.Session]int{}}
		sessionend.Observe(s, o)
		synctest.Wait()
		if o.ended[s] != 1 {
			t.Errorf("called %d times", o.ended[s])
		}
	})
}
