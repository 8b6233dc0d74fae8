package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"log"

	"github.com/handset-go/handset/ws"
)

// stream is what MessageStream and AggregatedStream have in common.
type stream interface {
	Recv(context.Context) (ws.Message, error)
	All(context.Context) iter.Seq2[ws.Message, error]
	Chan() <-chan ws.Message
	Err() error
}

// answer is called with each message until it returns false.
type answer func(*ws.Session, ws.Message) bool

// views are the three ways to listen.
var views = map[string]func(*ws.Session, stream, answer){
	"recv": byRecv,
	"all":  byAll,
	"chan": byChan,
}

func byRecv(session *ws.Session, stream stream, answer answer) {
	for {
		msg, err := stream.Recv(context.Background())
		if err != nil {
			report(err)
			return
		}
		if !answer(session, msg) {
			return
		}
	}
}

func byAll(session *ws.Session, stream stream, answer answer) {
	for msg, err := range stream.All(context.Background()) {
		if err != nil {
			report(err)
			return
		}
		if !answer(session, msg) {
			return
		}
	}
}

func byChan(session *ws.Session, stream stream, answer answer) {
	for msg := range stream.Chan() {
		if !answer(session, msg) {
			return
		}
	}
	report(stream.Err())
}

// report keeps quiet about clients that left without a word: the load does.
func report(err error) {
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		log.Print(err)
	}
}
