//go:build race

package deflate

func init() { raced = true }
