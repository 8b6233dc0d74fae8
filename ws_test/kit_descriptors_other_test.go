//go:build !unix

package ws_test

// descriptorLimit is how many files may be open.
func descriptorLimit() int { return 4000 }
