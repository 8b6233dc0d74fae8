module github.com/handset-go/handset/docs/examples

go 1.26.0

require (
	github.com/coder/websocket v1.8.15
	github.com/gorilla/websocket v1.5.3
	github.com/handset-go/handset v0.0.0
	github.com/handset-go/handset/metrics/prometheus v0.0.0
	github.com/nats-io/nats.go v1.55.0
	github.com/olahol/melody v1.4.0
	github.com/redis/rueidis v1.0.79
)

require (
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/nats-io/nkeys v0.4.17 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

require (
	github.com/handset-go/handset/broker/nats v0.0.0
	github.com/handset-go/handset/broker/redis v0.0.0
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/prometheus/client_golang v1.25.0
	golang.org/x/sync v0.22.0 // indirect
)

replace (
	github.com/handset-go/handset => ../..
	github.com/handset-go/handset/metrics/prometheus => ../../metrics/prometheus
)

replace github.com/handset-go/handset/broker/nats => ../../broker/nats

replace github.com/handset-go/handset/broker/redis => ../../broker/redis
