// Package nats carries the groups of package group between processes by NATS.
//
// A [Broker] uses the publish and subscribe of NATS, which stores nothing:
//
//	conn, err := natsgo.Connect(url, natsgo.MaxReconnects(-1))
//	if err != nil {
//		return err
//	}
//	broker, err := nats.New(conn, nats.Options{})
//	if err != nil {
//		return err
//	}
//	groups := group.New(broker, group.Options{Gap: gap})
//
// A [JetStream] stores the last messages of each group in a stream, and implements
// group.History:
//
//	broker, err := nats.NewJetStream(ctx, conn, nats.JetStreamOptions{History: 100})
//
// # Options
//
// Both have [Options]: the prefix of the subjects ([Options.Prefix]) and the limits of what
// is kept for a subscription that is slow ([Options.PendingMessages], [Options.PendingBytes]).
// [JetStreamOptions] have these as [JetStreamOptions.Options], and name the stream
// ([JetStreamOptions.Stream]). For a stream that is new, they say how many messages of
// each group it stores and how long ([JetStreamOptions.History], [JetStreamOptions.MaxAge]), and
// where ([JetStreamOptions.Storage], [JetStreamOptions.Replicas]). A stream that exists and is
// not suitable is an error that wraps [ErrStream].
//
// # Guarantees
//
// Publish of a Broker waits for one round trip, after which the server has processed the
// message. Calls at the same time share round trips. Without a connection, it fails at once
// with an error that wraps group.ErrUnavailable, and nothing is sent later: the buffer
// of nats.Conn for the time of a reconnect is not used. If the connection is lost during the
// call, the error does not wrap group.ErrUnavailable, since the message may have been published.
// After Close, the methods return [ErrClosed].
//
// Messages of one publisher arrive in order. Messages of several publishers may arrive at
// several subscriptions of a Broker in different orders. A JetStream has one order.
//
// Subscribe waits until the server has confirmed the subscription. When a connection has
// come back, nats.Conn makes the subscriptions again, and each reports a gap when the server
// has confirmed them; messages that arrive before that are received before the gap. A
// subscription that receives too slowly reports a gap in the place of the messages that were
// dropped. A JetStream reads what was missed instead from the stream, and reports a gap only
// if it is no longer stored or the stream has been deleted.
//
// # Clusters
//
// In a cluster of NATS servers, other servers learn a moment later of a subscription that one
// has confirmed, and servers that lose each other do not tell their clients. A Broker
// therefore may lose messages without a gap: those that are published at another server in
// the moment after Subscribe, and those between two servers while their connection is lost.
// A JetStream waits until the leader of the stream knows the subscription, and notices what it
// has missed by the next message of the group, or within 20 seconds.
//
// # Connections
//
// The connection remains the program's: its options and callbacks stay as they are,
// and Close of a Broker leaves it open. These options matter:
//
//   - natsgo.MaxReconnects(-1): otherwise a nats.Conn gives up after a while, and each
//     subscription reports a last gap.
//   - natsgo.PingInterval and natsgo.MaxPingsOutstanding decide how long a network that fails
//     silently is not noticed: 4 to 6 minutes by default. Publish fails after 10 s.
//   - natsgo.ErrorHandler is called, too, if a subscription receives too slowly.
//
// # Permissions
//
// A Broker publishes and subscribes to PREFIX.group.*, where PREFIX is Options.Prefix. A
// JetStream publishes to PREFIX.stored.*, $JS.API.STREAM.INFO.STREAM,
// $JS.API.STREAM.MSG.GET.STREAM and $JS.API.DIRECT.GET.STREAM, and to
// $JS.API.STREAM.CREATE.STREAM if it is to make the stream; it subscribes to
// PREFIX.live.* and to its inbox. Nobody else should have the right to publish to these
// subjects. A name of a group that has other characters than letters, digits, '-' and '_'
// is encoded, so names may come from users.
package nats
