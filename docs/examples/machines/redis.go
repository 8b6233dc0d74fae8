package machines

import (
	"log"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
)

// OverRedis returns a chat over Redis, which stores the last 100 messages of each
// group.
func OverRedis(address string) (chat *Chat, close func(), err error) {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{address}})
	if err != nil {
		return nil, nil, err
	}
	broker, err := redis.NewHistory(client, redis.HistoryOptions{})
	if err != nil {
		client.Close()
		return nil, nil, err
	}
	chat = NewChat(broker)
	return chat, func() {
		if err := chat.groups.Close(); err != nil {
			log.Print(err)
		}
		_ = broker.Close()
		client.Close()
	}, nil
}
