module github.com/handset-go/handset/examples/chat

go 1.26.0

require (
	github.com/handset-go/handset v0.0.0
	golang.org/x/sync v0.22.0
)

require (
	github.com/antithesishq/antithesis-sdk-go v0.9.0-default-no-op // indirect
	github.com/coder/websocket v1.8.15 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.3 // indirect
	github.com/nats-io/nkeys v0.4.17 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/handset-go/handset => ../..

require github.com/handset-go/handset/broker/nats v0.0.0

require (
	github.com/handset-go/handset/broker/redis v0.0.0
	github.com/nats-io/nats-server/v2 v2.15.3
	github.com/nats-io/nats.go v1.55.0
	github.com/redis/rueidis v1.0.79
)

replace github.com/handset-go/handset/broker/nats => ../../broker/nats

replace github.com/handset-go/handset/broker/redis => ../../broker/redis
