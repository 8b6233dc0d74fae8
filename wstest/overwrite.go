package wstest

import "github.com/handset-go/handset/internal/overwrite"

// init comes before any session, so that none needs to synchronize with it.
func init() { overwrite.Enable() }
