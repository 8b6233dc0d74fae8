package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/handset-go/handset/ws"
)

// open is everyone connected to this program.
var open sessions

// sessions remembers who is connected, because http.Server.Shutdown forgets
// connections that were taken out of its hands. Its zero value is empty and
// ready for use.
type sessions struct {
	entering sync.WaitGroup
	mu       sync.Mutex
	all      map[*ws.Session]struct{}
}

// door wraps a handler that adds sessions, so that drain misses none: a client
// may have its answer before the handler has added the session.
func (s *sessions) door(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.entering.Add(1)
		defer s.entering.Done()
		handler(w, r)
	}
}

// add remembers session for as long as its connection lasts.
func (s *sessions) add(session *ws.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[*ws.Session]struct{})
	}
	s.all[session] = struct{}{}
	go func() {
		<-session.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, session)
	}()
}

// list returns everyone connected now.
func (s *sessions) list() []*ws.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.all))
}

// goAway tells everyone that the server is leaving, and waits for nobody.
func (s *sessions) goAway() {
	for _, session := range s.list() {
		session.Close(goingAway)
	}
}

// drain says goodbye to those who came in last, too, and waits until everyone
// has left or ctx ends. Nobody new may be at the door.
func (s *sessions) drain(ctx context.Context) error {
	s.entering.Wait()
	s.goAway()
	for _, session := range s.list() {
		select {
		case <-session.Done():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

var goingAway = ws.CloseReason{Code: ws.CloseGoingAway, Description: "server is shutting down"}
