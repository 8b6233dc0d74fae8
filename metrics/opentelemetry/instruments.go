package wsotel

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// sessionInstruments have the statistics of an Upgrader or a Dialer.
var sessionInstruments = []instrument[ws.Stats]{
	{"session.count", "{session}", "Open sessions.", amount, func(s ws.Stats, observe observe) { observe(int64(s.Sessions)) }},
	{"session.started", "{session}", "Sessions that have begun.", counter, func(s ws.Stats, observe observe) { observe(int64(s.Total)) }},
	{"session.ended", "{session}", "Sessions that have ended, by reason.", counter, ends},
	{"session.unread", "{event}", "Times that nothing had received from a session for the heartbeat's interval and timeout together.", counter, func(s ws.Stats, observe observe) { observe(int64(s.Unread)) }},
	{"handshake.refused", "{handshake}", "Handshakes that were refused.", counter, func(s ws.Stats, observe observe) { observe(int64(s.Refused)) }},
	{"message.count", "{message}", "Data messages by direction.", counter, byDirection(func(t ws.Traffic) uint64 { return t.Messages })},
	{"frame.count", "{frame}", "Frames by direction.", counter, byDirection(func(t ws.Traffic) uint64 { return t.Frames })},
	{"payload.io", "By", "Bytes of payload as transmitted, by direction.", counter, byDirection(func(t ws.Traffic) uint64 { return t.Payload })},
	{"frame.io", "By", "Bytes of frames with their headers, by direction.", counter, byDirection(func(t ws.Traffic) uint64 { return t.Wire })},
	{"close.count", "{frame}", "Close frames by direction and code.", counter, closes},
	{"queue.usage", "By", "Bytes in the send queues.", amount, func(s ws.Stats, observe observe) { observe(int64(s.Queued)) }},
	{"ping.count", "{ping}", "Pings sent by the heartbeat.", counter, func(s ws.Stats, observe observe) { observe(int64(s.Pings)) }},
	{"pong.count", "{pong}", "Pongs received in answer to the heartbeat's pings.", counter, func(s ws.Stats, observe observe) { observe(int64(s.Pongs)) }},
	{"ping.round_trip_time", "s", "Mean round-trip time of the heartbeat's pings.", duration, latency},
}

// groupInstruments have the statistics of Groups.
var groupInstruments = []instrument[group.Stats]{
	{"count", "{group}", "Groups that have a subscription, or wait for one.", amount, func(s group.Stats, observe observe) { observe(int64(s.Groups)) }},
	{"member.count", "{member}", "Memberships of sessions in groups.", amount, func(s group.Stats, observe observe) { observe(int64(s.Members)) }},
	{"message.published", "{message}", "Messages passed to the broker.", counter, func(s group.Stats, observe observe) { observe(int64(s.Published)) }},
	{"message.local_only", "{message}", "Messages that the broker did not accept and that were delivered in this process only.", counter, func(s group.Stats, observe observe) { observe(int64(s.LocalOnly)) }},
	{"message.delivered", "{message}", "Messages added to the send queue of a member.", counter, func(s group.Stats, observe observe) { observe(int64(s.Delivered)) }},
	{"message.missed", "{message}", "Messages that a slow member has missed, by policy.", counter, missed},
	{"message.invalid", "{message}", "Messages of the broker that could not be sent.", counter, func(s group.Stats, observe observe) { observe(int64(s.Invalid)) }},
	{"message.duplicate", "{message}", "Messages of the broker that were delivered before.", counter, func(s group.Stats, observe observe) { observe(int64(s.Duplicates)) }},
	{"member.closed", "{session}", "Sessions closed because they were slow.", counter, func(s group.Stats, observe observe) { observe(int64(s.SlowClosed)) }},
	{"gap.count", "{gap}", "Gaps, with invalid messages and new epochs.", counter, func(s group.Stats, observe observe) { observe(int64(s.Gaps)) }},
}

var (
	received = attribute.String("network.io.direction", "receive")
	sent     = attribute.String("network.io.direction", "transmit")
)

// byDirection observes a count of what was received and of what was sent.
func byDirection(count func(ws.Traffic) uint64) func(ws.Stats, observe) {
	return func(s ws.Stats, observe observe) {
		observe(int64(count(s.In)), received)
		observe(int64(count(s.Out)), sent)
	}
}

func ends(s ws.Stats, observe observe) {
	for reason, n := range s.Ends {
		observe(int64(n), attribute.String("websocket.session.end_reason", reason.String()))
	}
}

// latency observes nothing while no session's latency is known.
func latency(s ws.Stats, observe observe) {
	if s.Latency > 0 {
		observe(int64(s.Latency))
	}
}

func missed(s group.Stats, observe observe) {
	observe(int64(s.Dropped), attribute.String("websocket.group.slow_policy", "drop_newest"))
	observe(int64(s.Replaced), attribute.String("websocket.group.slow_policy", "keep_latest"))
}

func closes(s ws.Stats, observe observe) {
	closesOf(s.ClosesReceived, received, observe)
	closesOf(s.ClosesSent, sent, observe)
}

// closesOf observes the Close frames of a direction.
func closesOf(closes map[ws.CloseCode]uint64, direction attribute.KeyValue, observe observe) {
	sums := map[string]uint64{}
	for code, n := range closes {
		sums[codeOf(code)] += n
	}
	for code, n := range sums {
		observe(int64(n), direction, attribute.String("websocket.close.code", code))
	}
}

// codeOf returns a code as an attribute. The codes of libraries and applications are one
// each (RFC 6455 section 7.4.2), since the peer chooses among thousands of them.
func codeOf(code ws.CloseCode) string {
	switch {
	case code >= 4000:
		return "4000-4999"
	case code >= 3000:
		return "3000-3999"
	case code > 1015:
		return "1016-2999"
	}
	return strconv.Itoa(int(code))
}
