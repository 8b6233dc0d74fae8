package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

// A request is what a client sends: first Start or Follow, then Cancel or nothing.
type request struct {
	Start  uint64 `json:"start,omitempty"`  // begin to count the primes below this number
	Follow string `json:"follow,omitempty"` // the ID of a job that goes on
	Cancel bool   `json:"cancel,omitempty"`
}

// Codes of Close frames. The page knows them, too.
const (
	closeBadRequest ws.CloseCode = 4400
	closeNoSuchJob  ws.CloseCode = 4404
)

const (
	maxRequest     = 1 << 10                // bytes
	requestTimeout = 10 * time.Second       // for the first request
	statusInterval = 100 * time.Millisecond // between two statuses
)

// serve serves one session. A session follows one job, and ends with it.
func (js *jobs) serve(session *ws.Session, stream *ws.MessageStream) {
	requests := stream.Aggregate(maxRequest)
	j, refusal := js.first(session.Context(), requests)
	if j == nil {
		session.Close(refusal)
		return
	}
	defer js.leave(j)

	var reporting sync.WaitGroup
	defer reporting.Wait()
	reporting.Go(func() { report(session, j) })
	for req, err := range wsjson.All[request](session.Context(), requests) {
		if err != nil {
			session.Close(ws.CloseReason{Code: closeBadRequest, Description: err.Error()})
			break
		}
		if req.Cancel {
			j.cancel()
		}
	}
}

// first receives the first request and joins the job that it asks for, or returns
// why it does not.
func (js *jobs) first(ctx context.Context, requests *ws.AggregatedStream) (*job, ws.CloseReason) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := wsjson.Recv[request](ctx, requests)
	if err != nil {
		return nil, ws.CloseReason{Code: closeBadRequest, Description: "no request"}
	}
	if req.Follow != "" {
		if j := js.follow(req.Follow); j != nil {
			return j, ws.CloseReason{}
		}
		return nil, ws.CloseReason{Code: closeNoSuchJob, Description: "no such job"}
	}
	if req.Start < 1 || req.Start > mostBelow {
		return nil, ws.CloseReason{Code: closeBadRequest, Description: fmt.Sprintf("the number must be from 1 to %d", uint64(mostBelow))}
	}
	j, err := js.start(req.Start)
	if errors.Is(err, errTooManyJobs) {
		return nil, ws.CloseReason{Code: ws.CloseTryAgainLater, Description: err.Error()}
	}
	return j, ws.CloseReason{}
}

// report sends the status of the job, several times a second, until the job or
// the session has ended. After the last status it closes the session.
func report(session *ws.Session, j *job) {
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for {
		status := j.status()
		if err := wsjson.Send(session.Context(), session, status); err != nil {
			return
		}
		if status.ended() {
			session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: status.State})
			return
		}
		select {
		case <-tick.C:
		case <-j.ended:
		case <-session.Done():
			return
		}
	}
}
