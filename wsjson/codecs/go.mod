module github.com/handset-go/handset/wsjson/codecs

go 1.25.0

require (
	github.com/fxamacker/cbor/v2 v2.10.0
	github.com/handset-go/handset v0.0.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/sync v0.22.0 // indirect
)

replace github.com/handset-go/handset => ../..
