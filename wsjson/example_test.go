package wsjson_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

type Move struct {
	X int `json:"x"`
	Y int `json:"y"`
}

type State struct {
	Moves int    `json:"moves"`
	Error string `json:"error,omitempty"`
}

// play serves one session. A bad message does not end it.
func play(session *ws.Session, stream *ws.MessageStream) {
	ctx := session.Context()
	var state State
	for move, err := range wsjson.All[Move](ctx, stream.Aggregate(1<<20)) {
		var bad *wsjson.Error
		switch {
		case errors.As(err, &bad): // only this message is bad
			state.Error = "malformed move"
		case err != nil: // the session is lost
			log.Print(err)
			return
		case move.X < 0 || move.Y < 0:
			state.Error = "illegal move"
		default:
			state.Moves, state.Error = state.Moves+1, ""
		}
		if err := wsjson.Send(ctx, session, state); err != nil {
			log.Print(err)
			return
		}
	}
}

// A server that answers each move with the state of the game, and a client, which uses
// the same functions.
func Example() {
	server := httptest.NewServer(ws.Handler(play))
	defer server.Close()

	ctx := context.Background()
	session, stream, err := ws.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	states := stream.Aggregate(1 << 20)
	for _, v := range []any{Move{1, 2}, "not a move", Move{-1, 0}, Move{3, 4}} {
		if err := wsjson.Send(ctx, session, v); err != nil {
			log.Fatal(err)
		}
		state, err := wsjson.Recv[State](ctx, states)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%+v\n", state)
	}
	session.Close(ws.CloseReason{Code: ws.CloseNormal})
	<-session.Done()
	// Output:
	// {Moves:1 Error:}
	// {Moves:1 Error:malformed move}
	// {Moves:1 Error:illegal move}
	// {Moves:2 Error:}
}
