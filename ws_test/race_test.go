//go:build race

package ws_test

func init() { raced = true }
