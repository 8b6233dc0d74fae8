package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
	"github.com/handset-go/handset/wstest"
)

// A site is a server in memory, in a bubble of testing/synctest.
type site struct {
	*testing.T
	prices *prices
	server *wstest.Server
	at     time.Time // of the last quote
}

func inBubble(t *testing.T, test func(*site)) {
	synctest.Test(t, func(t *testing.T) {
		prices := newPrices()
		defer prices.groups.Close()
		test(&site{T: t, prices: prices, server: wstest.NewServer(t, newUpgrader().Handler(prices.serve))})
	})
}

// publish publishes quotes, one a millisecond.
func (s *site) publish(n int) {
	s.Helper()
	for range n {
		time.Sleep(time.Millisecond)
		s.at = time.Now()
		if err := s.prices.publishOnce(s.Context(), s.at); err != nil {
			s.Fatal(err)
		}
	}
}

// dial connects a client, and waits until it receives new quotes.
func (s *site) dial() (*ws.Session, *ws.AggregatedStream) {
	s.Helper()
	session, stream, err := s.server.Dial(s.Context(), "/", nil)
	if err != nil {
		s.Fatal(err)
	}
	synctest.Wait()
	return session, stream.Aggregate(0)
}

func (s *site) next(stream *ws.AggregatedStream) quote {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	quote, err := wsjson.Recv[quote](ctx, stream)
	if err != nil {
		s.Fatal(err)
	}
	return quote
}

func TestPastAndNewQuotes(t *testing.T) {
	inBubble(t, func(s *site) {
		s.publish(recent + 10) // the first ten are forgotten
		_, stream := s.dial()
		s.publish(10)
		for seq := uint64(11); seq <= uint64(recent+20); seq++ {
			got := s.next(stream)
			if at := s.at.UnixMilli() - int64(s.prices.market.seq-seq); got.Seq != seq || got.At != at || len(got.Prices) != len(base) {
				t.Fatalf("received %+v, want the quote %d of %d", got, seq, at)
			}
		}
	})
}

// A client that does not receive for three seconds gets what the buffers have, and then the
// newest.
func TestSlowClientReceivesNewest(t *testing.T) {
	inBubble(t, func(s *site) {
		_, slow := s.dial()
		const all = 3000
		_, fast := s.dial()
		for seq := range uint64(all) {
			s.publish(1)
			if got := s.next(fast); got.Seq != seq+1 {
				t.Fatalf("the fast client received %d after %d", got.Seq, seq)
			}
		}
		received, skips := 0, 0
		for last := uint64(0); last < all; received++ {
			got := s.next(slow)
			if got.Seq <= last {
				t.Fatalf("received %d after %d", got.Seq, last)
			}
			if got.Seq != last+1 {
				skips++
				if got.Seq != all {
					t.Errorf("the first quote after those in the buffers is %d, want the newest", got.Seq)
				}
			}
			last = got.Seq
		}
		if skips != 1 || received > all/2 {
			t.Errorf("the slow client received %d of %d quotes and skipped %d times", received, all, skips)
		}
		if stats := s.prices.groups.Stats(); stats.Replaced != uint64(all-received) || stats.SlowClosed+stats.Dropped != 0 {
			t.Errorf("%d received, %+v", received, stats)
		}
	})
}

func TestClientMayNotSend(t *testing.T) {
	inBubble(t, func(s *site) {
		session, stream := s.dial()
		if err := session.Text(s.Context(), "buy"); err != nil {
			t.Fatal(err)
		}
		msg, err := stream.Recv(s.Context())
		if err != nil || msg.Kind != ws.Close || msg.Reason.Code != ws.ClosePolicyViolation {
			t.Errorf("received %v %v, %v", msg.Kind, msg.Reason, err)
		}
	})
}

func TestClientLeaves(t *testing.T) {
	inBubble(t, func(s *site) {
		session, stream := s.dial()
		if n := s.prices.groups.Len(groupName); n != 1 {
			t.Fatalf("%d members", n)
		}
		session.Close(ws.CloseReason{Code: ws.CloseNormal})
		for _, err := range stream.All(s.Context()) {
			if err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if n := s.prices.groups.Len(groupName); n != 0 {
			t.Errorf("%d members after the session has ended", n)
		}
	})
}

func TestMarketStaysNearBase(t *testing.T) {
	m := newMarket()
	for range 5000 {
		m.next(time.Time{})
	}
	for name, price := range m.prices {
		if ratio := price / base[name]; ratio < 0.5 || ratio > 2 {
			t.Errorf("%s went from %.2f to %.2f", name, base[name], price)
		}
	}
}

func TestPublishEnds(t *testing.T) {
	network, stop := start(t)
	session, stream, err := ws.Dial(t.Context(), network.URL()+"ws_prices")
	if err != nil {
		t.Fatal(err)
	}
	whole := stream.Aggregate(0)
	if _, err := whole.Recv(t.Context()); err != nil { // one of the last minute
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for _, err := range whole.All(t.Context()) {
		if err != nil {
			t.Error(err)
		}
	}
	<-session.Done()
	var closed *ws.CloseError
	if !errors.As(session.Err(), &closed) || closed.Received.Code != ws.CloseGoingAway {
		t.Errorf("the session ended with %v", session.Err())
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
