package machines

import (
	"context"
	"log"

	natsgo "github.com/nats-io/nats.go"

	"github.com/handset-go/handset/broker/nats"
)

// OverNATS returns a chat over JetStream, which stores the last 100 messages of each
// group for an hour.
func OverNATS(ctx context.Context, url string) (chat *Chat, close func(), err error) {
	conn, err := natsgo.Connect(url, natsgo.MaxReconnects(-1))
	if err != nil {
		return nil, nil, err
	}
	broker, err := nats.NewJetStream(ctx, conn, nats.JetStreamOptions{})
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	chat = NewChat(broker)
	return chat, func() {
		if err := chat.groups.Close(); err != nil {
			log.Print(err)
		}
		_ = broker.Close()
		conn.Close()
	}, nil
}
