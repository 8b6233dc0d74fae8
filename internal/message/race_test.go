//go:build race

package message

func init() { raced = true }
