package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrStream is wrapped by the error of NewJetStream if a stream of the name exists that
// is not as it must be.
var ErrStream = errors.New("nats: stream has an unsuitable configuration")

var errVersion = errors.New("nats: server is older than 2.11 or has no JetStream")

// openStream makes the stream, or checks one that exists.
func openStream(ctx context.Context, conn *natsgo.Conn, options *JetStreamOptions) error {
	if !serves(conn.ConnectedServerVersion()) {
		return fmt.Errorf("%w: %q", errVersion, conn.ConnectedServerVersion())
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	want := options.config()
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, want)
	}
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another process has made it meanwhile
		stream, err = js.Stream(ctx, want.Name)
	}
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	got := stream.CachedInfo().Config
	return checkConfig(&got, &want)
}

// serves reports whether a server of a version answers the requests that are sent: those
// for several messages at once are known since 2.11.
func serves(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, _ := strconv.Atoi(major)
	n, _ := strconv.Atoi(minor)
	return m > 2 || m == 2 && n >= 11
}

// config returns the configuration of a new stream.
func (o *JetStreamOptions) config() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              o.Stream,
		Description:       "messages of groups of WebSocket sessions",
		Subjects:          []string{o.Prefix + ".stored.*"},
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardOld,
		MaxMsgsPerSubject: int64(o.History),
		MaxAge:            o.MaxAge,
		Storage:           o.Storage,
		Replicas:          max(o.Replicas, 1),
		AllowDirect:       true,
		RePublish:         &jetstream.RePublish{Source: o.Prefix + ".stored.*", Destination: o.Prefix + ".live.{{wildcard(1)}}"},
	}
}

// checkConfig checks what of a stream's configuration cannot be otherwise.
func checkConfig(got, want *jetstream.StreamConfig) error {
	for _, check := range []struct {
		what string
		ok   bool
	}{
		{"subjects", slices.Equal(got.Subjects, want.Subjects)},
		{"republish", got.RePublish != nil && *got.RePublish == *want.RePublish},
		{"direct access", got.AllowDirect},
		{"retention", got.Retention == want.Retention},
		{"discard policy", got.Discard == want.Discard},
		{"messages per subject", got.MaxMsgsPerSubject > 0},
		{"sealed", !got.Sealed},
		{"acknowledgements", !got.NoAck},
		{"subject transform", got.SubjectTransform == nil},
	} {
		if !check.ok {
			return fmt.Errorf("%w: %s of stream %q", ErrStream, check.what, got.Name)
		}
	}
	return nil
}
