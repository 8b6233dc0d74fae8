package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestPresence(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ann.expectHere("Ann")
		ben := s.join(1, "ben", "general", "")
		col := s.join(0, "Col", "general", "")
		for _, c := range []*client{ann, ben, col} {
			c.expectHere("Ann", "ben", "Col")
		}
		s.join(1, "Dan", "other", "").expectHere("Dan")
		ben.session.Close(ws.CloseReason{})
		for _, c := range []*client{ann, col} {
			c.expectHere("Ann", "Col")
		}
	})
}

func TestPresenceOfTwoWindows(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ben := s.join(1, "Ben", "general", "")
		second := s.join(0, "Ben", "general", "")
		second.expectHere("Ann", "Ben")
		ben.session.Close(ws.CloseReason{})
		<-time.After(time.Second)
		ann.expectHere("Ann", "Ben")
		second.session.Close(ws.CloseReason{})
		ann.expectHere("Ann")
	})
}

// A server that ends without a report is forgotten, and one that starts asks the others.
func TestPresenceOfServers(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		s.join(1, "Ben", "general", "")
		ann.expectHere("Ann", "Ben")
		s.chats[1].presence.close() // twice in all, which does no harm
		began := time.Now()
		ann.expectHere("Ann")
		if took := time.Since(began); took > reportExpiry+2*reportInterval {
			t.Errorf("the server that is gone was forgotten after %v", took)
		}
		third, err := newPresence(s.Context(), s.brokers.notices, func(string, []person) {})
		if err != nil {
			t.Fatal(err)
		}
		defer third.close()
		time.Sleep(time.Second) // less than reportInterval
		third.mu.Lock()
		defer third.mu.Unlock()
		if people := third.peopleLocked("general"); len(people) != 1 || people[0].Name != "Ann" {
			t.Errorf("a new server knows %v", people)
		}
	})
}

// A server that shuts down reports that its people have gone.
func TestPresenceOfServerThatShutsDown(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ben := s.join(1, "Ben", "general", "")
		ann.expectHere("Ann", "Ben")
		ben.session.Close(ws.CloseReason{})
		<-ben.session.Done()
		synctest.Wait() // so that Ben has left, and the report is not due yet
		s.chats[1].presence.close()
		synctest.Wait()
		s.chats[0].presence.mu.Lock()
		defer s.chats[0].presence.mu.Unlock()
		if people := s.chats[0].presence.peopleLocked("general"); len(people) != 1 {
			t.Errorf("the other server knows %v", people)
		}
	})
}

// Messages that come at least every reportInterval are the heartbeat of the page.
func TestPresenceIsHeartbeat(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ann.expectHere("Ann")
		for range 5 {
			began := time.Now()
			ann.next("here")
			if took := time.Since(began); took > reportInterval+time.Second {
				t.Errorf("the next message came after %v", took)
			}
		}
	})
}
