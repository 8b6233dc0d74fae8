//go:build race

package outbox

func init() { raced = true }
