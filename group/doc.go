// Package group sends messages to groups of WebSocket sessions, in one process or in
// several that share a broker.
//
// A group has a name and members. A session joins, and leaves when it ends. What is
// published to a group is sent to its members. This program is a chat with one group
// for each path:
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"net/http"
//
//		"github.com/handset-go/handset/group"
//		"github.com/handset-go/handset/ws"
//	)
//
//	var groups = group.New(nil, group.Options{})
//
//	func chat(session *ws.Session, stream *ws.MessageStream, name string) error {
//		ctx := context.Background()
//		if err := groups.Join(ctx, name, session); err != nil {
//			return err
//		}
//		for msg, err := range stream.Aggregate(1 << 12).All(ctx) {
//			if err != nil {
//				return err
//			}
//			if msg.Kind == ws.Text {
//				if err := groups.Publish(ctx, name, ws.Text, msg.Data); err != nil {
//					return err
//				}
//			}
//		}
//		return nil
//	}
//
//	func handle(w http.ResponseWriter, r *http.Request) {
//		session, stream, err := ws.Handle(w, r)
//		if err != nil {
//			log.Print(err) // Handle has answered the client
//			return
//		}
//		go func() {
//			defer session.Close(ws.CloseReason{})
//			if err := chat(session, stream, r.URL.Path); err != nil {
//				log.Print(err)
//			}
//		}()
//	}
//
//	func main() {
//		http.HandleFunc("/", handle)
//		log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
//	}
//
// # Publishing
//
// Groups.Publish passes a message to the broker, which delivers it to all Groups that
// have members, and these send it to their members, among which the sender may be.
// Groups.PublishExcept excludes one session. The message is prepared, formatted by
// Options.Format, and compressed once in each process, not once for each member.
//
// Publish does not wait for members, and no lock of the group is held while a message
// is sent. The messages are added to the send queues of the sessions, as by
// Session.TrySendPrepared. If the queue of a member is full, Options.Slow determines what
// happens: the session is closed, or the member misses messages. The others are
// not affected.
//
// # Several processes
//
// Without a broker, the groups are those of one process. Packages broker/nats and
// broker/redis, which are modules of their own, connect several processes:
//
//	groups := group.New(broker, group.Options{})
//
// Groups subscribe to a group at the broker when its first member in the
// process joins, and end the subscription some seconds after the last one has left.
// If the broker loses messages, or may have lost some because the connection to it was
// interrupted, Options.Gap is called. A program then tells its members to load the
// current state, for example by PublishLocal.
//
// # Resuming
//
// Brokers that implement History store the last messages of each group, and give each
// message a Position. Groups.JoinRecent sends the last messages to a new member. A
// program that sends the position with each message, which Options.Format can do, lets
// its clients resume after an interruption: Groups.Resume sends what they have missed, or
// returns ErrCannotResume.
//
// # Guarantees
//
//   - A message is sent to a member at most once.
//   - The messages that one goroutine publishes to a group arrive in that order. All
//     members receive the messages of a group in the same order if the broker has
//     one order for all, as MemoryBroker does.
//   - After Join has returned, each message that is published later arrives, or a gap is
//     reported, or the member is slow and is treated by Options.Slow. After Leave has
//     returned, no message is sent.
//   - After each interruption of the connection to the broker, and after each
//     overflow, a gap is reported, unless a History has delivered what was missed.
//   - A slow member does not delay others.
//   - The memory of a group is bounded: a member keeps one message with KeepLatest, and
//     1,024 while it receives stored messages; MemoryBroker keeps 256 messages that are
//     not delivered, and its History.
//   - Messages are stored and published in one step. Offsets of different epochs are
//     not compared; Resume then returns ErrCannotResume.
package group
