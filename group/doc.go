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
// [Groups.Publish] passes a message to the broker, which delivers it to all [Groups]
// that have members of the group, and these send it to their members. The sender
// receives it, too, if it is a member; [Groups.PublishExcept] excludes one session. The
// message is formatted by [Options.Format], validated, and compressed once in each
// process, not once for each member. Only stored messages (see below) are prepared for
// each session that they are sent to.
//
// Publish does not wait for members, and no lock of the group is held while a message
// is sent. The messages are added to the send queues of the sessions, as by
// [ws.Session.TrySendPrepared]. If the queue of a member is full, [Options.Slow]
// determines what happens. The other members are not affected. With [CloseSlow], the
// default [SlowPolicy], up to 1,024 messages are kept, and then the session is closed.
// With [DropNewest] the member misses messages; [Options.Missed] is called for each. With
// [KeepLatest] it misses all but the last one.
//
// A queue has space for ws.Options.SendBuffer bytes, by default 64 KiB. If more is
// published at once, the queues of all members are full for a moment, also those of
// fast ones. With DropNewest and KeepLatest, a program that publishes large messages, or
// many in a burst, needs a larger SendBuffer. It takes memory only while it is used.
//
// The functions of a [ws.Trace] may be called while a message is sent. They must not
// call Publish, PublishLocal, Leave or Close, but may start a goroutine that does.
//
// [Groups.Members], [Groups.Len] and [Groups.Names] tell who is there, and
// [Groups.Stats] returns [Stats]. They are those of this process only.
//
// # Several processes
//
// [New] is given a [Broker] and [Options]. Without a broker, the groups are those of
// one process, connected by a [MemoryBroker]. The brokers of packages broker/nats and
// broker/redis, which are modules of their own, connect several processes. Package
// grouptest tests others.
//
// Groups subscribe to a group at the broker when its first member in the process joins,
// and end the subscription when there has been no member for [Options.UnsubscribeDelay].
//
// If the broker loses messages, or may have lost some because the connection to it was
// interrupted, [Options.Gap] is called. A program then tells its members to load the
// current state, for example by [Groups.PublishLocal]. While the broker cannot be
// reached, Publish returns an error that wraps [ErrUnavailable]. With
// [Options.LocalFallback], it delivers the message in this process and returns an
// error that wraps [ErrLocalOnly]. [ErrTooLarge] means that the broker does not carry
// messages of this size.
//
// # Resuming
//
// A broker that implements [History] stores the last messages of each group, and gives
// each [Message] a [Position]. [Groups.JoinRecent] sends the last messages to a new
// member. If a program sends the position with each message, which Format can do, its
// clients can resume after an interruption: [Groups.Resume] sends what they have missed,
// up to [Options.MaxResume] messages, or returns [ErrCannotResume]. Both return
// [ErrNoHistory] if the broker does not implement History, [ErrMember] if the session is
// a member already, and [ErrLeft] or [ErrTooSlow] if they do not complete. After
// [Groups.Close], the methods that join or publish return [ErrClosed].
//
// # Guarantees
//
//   - A message is sent to a member at most once.
//   - The messages that one goroutine publishes to a group arrive in that order. All
//     members receive the messages of a group in the same order if the broker has
//     one order for all, as MemoryBroker does.
//   - After Join has returned, each message that is published later is sent to the
//     member, or a gap is reported, or the member is slow and Options.Slow applies.
//     After [Groups.Leave] has returned, nothing is sent.
//   - After each interruption of the connection to the broker, and after each
//     overflow, a gap is reported, unless a History has delivered what was missed. What
//     is lost between the servers of a broker is beyond this; the documentation of each
//     broker says what it notices.
//   - A slow member does not delay the others.
//   - Memory is bounded. Besides the send queue of its session, a member keeps one
//     message with KeepLatest, and at most 2,048 with CloseSlow or while it is sent stored
//     messages. A MemoryBroker keeps at most 256 messages of a group that are not
//     delivered, and its History.
//   - Publishing a message and storing it are one step. An [Entry] is delivered if and
//     only if it is stored. Offsets of different epochs are not compared.
//
// An [Event] is what a broker delivers. It carries messages in envelopes: one byte, 1 for
// Text and 2 for Binary, and then the data. So a program that does not use this package
// can publish to a group. If 128 is added to the first byte, 16 bytes follow that
// identify the session that PublishExcept excludes.
package group
