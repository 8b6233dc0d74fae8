// Package interop has tests of handset's client with servers of other libraries, whose
// modules handset itself does not need.
package interop
