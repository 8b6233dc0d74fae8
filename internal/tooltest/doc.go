// Package tooltest runs programs in tests: tools that are not in every PATH, and a
// Chromium that a script drives.
//
// A test that needs a program that is absent is skipped. With HANDSET_INTEROP=1 it
// fails instead, unless all that is absent is cargo, and with HANDSET_INTEROP=0 tests
// with programs are always skipped.
// `make interop-tools` installs the programs.
package tooltest
