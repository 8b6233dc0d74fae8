package wstest

import "github.com/handset-go/handset/internal/overwrite"

// init runs before there is any session, so no session needs to synchronize with
// it.
func init() { overwrite.Enable() }
