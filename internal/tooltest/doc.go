// Package tooltest runs programs in tests: tools that are not in every PATH, and a
// Chromium that a script drives.
//
// A test that needs a program that is absent is skipped. With HANDSET_INTEROP=1 it
// fails instead. `make interop-tools` installs the programs.
package tooltest
