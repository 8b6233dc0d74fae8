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

func enter(session *ws.Session) error {
	roomMu.Lock()
	defer roomMu.Unlock()
	members[session] = struct{}{}
	return nil
}

func leave(session *ws.Session) {
	roomMu.Lock()
	defer roomMu.Unlock()
	delete(members, session)
}

func join(session *ws.Session, stream stream) {
	_ = enter(session)
	defer leave(session)
	for _, err := range stream.All(context.Background()) {
		if err != nil {
			report(err)
		}
	}
}

func talk(_ *ws.Session, stream stream) {
	for msg, err := range stream.All(context.Background()) {
		if err != nil {
			report(err)
			return
		}
		_ = publish(msg) // the load sends valid messages
	}
}

// publish prepares the message once for all, and waits for nobody: a member whose queue is full misses the message.
func publish(msg ws.Message) error {
	prepared, err := ws.Prepare(msg.Kind, msg.Data)
	if err != nil {
		return err
	}
	roomMu.Lock()
	defer roomMu.Unlock()
	for member := range members {
		if err := member.TrySendPrepared(prepared); err != nil && !errors.Is(err, ws.ErrBufferFull) {
			delete(members, member)
		}
	}
	return nil
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
