// Command centrifuge serves with github.com/centrifugal/centrifuge: the node of
// its README, in one process. It is a module of its own, because the library
// requires many others.
package main

import (
	"log"
	"net/http"
	"unicode/utf8"

	"github.com/centrifugal/centrifuge"

	"github.com/handset-go/handset/bench/internal/serve"
)

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
		client.OnPublish(func(e centrifuge.PublishEvent, done centrifuge.PublishCallback) {
			if !utf8.Valid(e.Data) { // the library leaves that to the application
				done(centrifuge.PublishReply{}, centrifuge.ErrorBadRequest)
				return
			}
			// Without who published it, which the node adds otherwise: the other
			// libraries send the message alone.
			result, err := node.Publish(e.Channel, e.Data)
			done(centrifuge.PublishReply{Result: &result}, err)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	handler := anonymous(centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		PingPongConfig: centrifuge.PingPongConfig{PingInterval: -1, PongTimeout: -1}, // the load does not answer pings
	}))
	serve.Main(serve.Handlers{Group: handler.ServeHTTP})
}

// anonymous lets everyone in without a name.
func anonymous(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := centrifuge.SetCredentials(r.Context(), &centrifuge.Credentials{})
		handler.ServeHTTP(w, r.WithContext(ctx))
	})
}
