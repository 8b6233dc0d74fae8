package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// prices are the prices and the sessions that receive them.
type prices struct {
	groups *group.Groups
	market *market
}

const (
	groupName = "prices"
	interval  = 100 * time.Millisecond // between two messages
	window    = time.Minute            // what a new client receives of the past
	recent    = int(window / interval) // the same in messages
)

func newPrices() *prices {
	broker := &group.MemoryBroker{History: recent}
	return &prices{group.New(broker, group.Options{Slow: group.KeepLatest}), newMarket()}
}

// publish publishes the prices until ctx ends. It begins with those of a minute, so
// that the first chart is not empty.
func (p *prices) publish(ctx context.Context) error {
	now := time.Now()
	for at := now.Add(-window); at.Before(now); at = at.Add(interval) {
		if err := p.publishOnce(ctx, at); err != nil {
			return err
		}
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case at := <-tick.C:
			if err := p.publishOnce(ctx, at); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (p *prices) publishOnce(ctx context.Context, at time.Time) error {
	err := p.groups.Publish(ctx, groupName, ws.Text, p.market.next(at))
	if ctx.Err() != nil {
		return nil // the program ends
	}
	return err
}

// serve serves one session, which receives the prices of the last minute and then
// all new ones, and may not send anything.
func (p *prices) serve(session *ws.Session, stream *ws.MessageStream) {
	if err := stream.RefuseData().Discard(); err != nil {
		return
	}
	if _, err := p.groups.JoinRecent(session.Context(), groupName, session, recent); err != nil {
		slog.Warn("not joined", "peer", session.RemoteAddr(), "err", err)
		return
	}
	<-session.Done()
}
