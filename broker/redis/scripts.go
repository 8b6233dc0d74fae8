package redis

import (
	"context"
	"crypto/sha1" // EVALSHA names scripts by it
	_ "embed"
	"encoding/hex"
	"math/rand/v2"
	"strconv"

	"github.com/redis/rueidis"
)

// The parts of the scripts.
var (
	//go:embed lua/open.lua
	openLua string
	//go:embed lua/read.lua
	readLua string
	//go:embed lua/publish.lua
	publishLua string
	//go:embed lua/recent.lua
	recentLua string
	//go:embed lua/after.lua
	afterLua string

	publishScript = newScript(openLua + publishLua)
	recentScript  = newScript(openLua + readLua + recentLua)
	afterScript   = newScript(openLua + readLua + afterLua)
)

// A script is a script in Lua that Redis executes as one step.
type script struct{ text, sha string }

func newScript(text string) script {
	sum := sha1.Sum([]byte(text))
	return script{text: text, sha: hex.EncodeToString(sum[:])}
}

// eval executes a script. What is executed is executed once, as the server
// either has the script or returns NOSCRIPT.
func (b *HistoryBroker) eval(ctx context.Context, s script, group string, args ...string) (rueidis.RedisMessage, error) {
	keys := []string{b.stateKey(group), b.streamKey(group)}
	return b.broker.commands.do(ctx, func(c *conn) rueidis.RedisResult {
		epoch := strconv.FormatUint(rand.Uint64(), 36)
		args := append([]string{c.run, epoch, strconv.FormatInt(b.expiry, 10)}, args...)
		result := c.do(ctx, c.client.B().Evalsha().Sha1(s.sha).Numkeys(2).Key(keys...).Arg(args...).Build())
		if refusal, ok := rueidis.IsRedisErr(result.Error()); ok && refusal.IsNoScript() {
			result = c.do(ctx, c.client.B().Eval().Script(s.text).Numkeys(2).Key(keys...).Arg(args...).Build())
		}
		return result
	})
}
