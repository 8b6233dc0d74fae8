// Package redis carries the groups of package group between processes by Redis, with
// the client rueidis. Each process makes a [Broker] and gives it to group.New:
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"net/http"
//
//		"github.com/redis/rueidis"
//
//		"github.com/handset-go/handset/broker/redis"
//		"github.com/handset-go/handset/group"
//		"github.com/handset-go/handset/ws"
//	)
//
//	func main() {
//		client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{"localhost:6379"}})
//		if err != nil {
//			log.Fatal(err)
//		}
//		broker, err := redis.New(client, redis.Options{})
//		if err != nil {
//			log.Fatal(err)
//		}
//		groups := group.New(broker, group.Options{})
//		http.HandleFunc("/news", func(w http.ResponseWriter, r *http.Request) {
//			session, stream, err := ws.Handle(w, r)
//			if err != nil {
//				log.Print(err) // Handle has answered the client
//				return
//			}
//			stream.Discard()
//			if err := groups.Join(context.Background(), "news", session); err != nil {
//				session.Close(ws.CloseReason{Code: ws.CloseInternalError})
//			}
//		})
//		log.Fatal(http.ListenAndServe("localhost:8080", nil))
//	}
//
// [New] and [NewHistory] use the client of the program, with its address, TLS and
// passwords, and do not close it. It may be one for Sentinel, but not for a Redis
// Cluster: there, messages between the nodes can be lost without a trace. The server is
// Redis 7 or later, or Valkey.
//
// # What is lost, and what is not
//
// A [Broker] uses PUBLISH and SUBSCRIBE. It stores nothing in Redis. Messages that are
// published while a process has no connection to Redis are lost for this process. Each
// of its subscriptions reports a gap when Redis has confirmed it again.
//
// A [HistoryBroker] is a group.History, too. One script publishes each message and
// appends it to a stream in Redis. After the loss of the connection, the process
// reads what it has missed. There is a gap only if that is no longer stored.
//
// In both cases a message arrives at most once, in one order for all members of a group. A
// message whose Publish has failed with group.ErrUnavailable does not arrive. After
// other errors it may arrive: if the connection is lost while Redis answers, nobody knows.
// Neither this package nor rueidis sends a message a second time, whatever
// ClientOption.DisableRetry is: they retry only commands that read.
//
// # Options
//
// The zero values of [Options] and [HistoryOptions] are valid. Programs that share a server
// without sharing groups differ in [Options.Prefix].
// A subscription whose receive function is slow stores [Options.PendingBytes], all of
// them together about [Options.TotalPendingBytes]. What does not fit is a gap; a
// HistoryBroker reads it from the stream again.
//
// [HistoryOptions.History] and [HistoryOptions.Retention] limit what Redis stores.
// [HistoryOptions.Durable] says that a restart of the server loses nothing. Without it, a
// restart or a failover begins a new epoch of positions, because a replica or a file on
// disk may lack the last messages, and nobody would notice. The [HistoryOptions.Options]
// are those of a Broker. A program sets all of them to the same values in each process.
//
// # Connections
//
// There are two connections for each broker, of the pool that rueidis has for blocking
// commands: one for the subscriptions of all groups, and one for all else. A broker
// notices that the server is gone when its connection is closed, or when it does not
// answer for ClientOption.Dialer.KeepAlive and ConnWriteTimeout, 11 s by default.
// It connects again at once, then after up to 10 ms, later after up to a second, and
// subscribes to up to 256 groups by each command.
//
// [Broker.Close] ends them; the methods then return [ErrClosed].
package redis
