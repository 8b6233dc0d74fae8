package main

import (
	"context"
	"errors"
	"sync"

	"github.com/handset-go/handset/bench/internal/serve"
	"github.com/handset-go/handset/ws"
)

var (
	roomMu  sync.Mutex
	members = make(map[*ws.Session]struct{})
)

func join(session *ws.Session, stream stream) {
	roomMu.Lock()
	members[session] = struct{}{}
	roomMu.Unlock()
	defer func() {
		roomMu.Lock()
		delete(members, session)
		roomMu.Unlock()
	}()
	byAll(session, stream, func(session *ws.Session, msg ws.Message) bool { return msg.Kind != ws.Close })
}

func talk(session *ws.Session, stream stream) {
	byAll(session, stream, func(_ *ws.Session, msg ws.Message) bool {
		publish(msg)
		return true
	})
}

// publish waits for nobody: a member whose queue is full misses the message.
func publish(msg ws.Message) {
	roomMu.Lock()
	defer roomMu.Unlock()
	for member := range members {
		if err := member.TrySend(msg); err != nil && !errors.Is(err, ws.ErrBufferFull) {
			delete(members, member)
		}
	}
}

// push sends the first message again and again.
func push(session *ws.Session, stream stream) {
	first, err := stream.Recv(context.Background())
	if err != nil {
		return
	}
	first = first.Clone()
	serve.Push(func() error { return session.Send(context.Background(), first) })
}
