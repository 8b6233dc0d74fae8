package jsonrpc

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The codes of errors that the specification defines. Codes from -32768 to -32000 are
// reserved; all others are for applications.
const (
	CodeParseError     = -32700 // the message is not JSON, or is too big
	CodeInvalidRequest = -32600 // the JSON is not a request
	CodeMethodNotFound = -32601 // there is no method of that name
	CodeInvalidParams  = -32602 // the params are not those of the method
	CodeInternalError  = -32603 // the method has failed
)

// An Error is an error that the client receives.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"` // Serve fails if json.Marshal cannot encode it
}

// Error returns the message and the code.
func (e *Error) Error() string { return fmt.Sprintf("jsonrpc: %s (%d)", e.Message, e.Code) }

var (
	errParse    = &Error{Code: CodeParseError, Message: "Parse error"}
	errInvalid  = &Error{Code: CodeInvalidRequest, Message: "Invalid Request"}
	errNotFound = &Error{Code: CodeMethodNotFound, Message: "Method not found"}
	errInternal = &Error{Code: CodeInternalError, Message: "Internal error"}
)

// request is a request, a notification, or a response of the peer.
type request struct {
	Version string          `json:"jsonrpc"`
	Method  *string         `json:"method"`
	Params  json.RawMessage `json:"params"`
	ID      json.RawMessage `json:"id"` // nil if absent, as in a notification
	Result  json.RawMessage `json:"result"`
	Error   json.RawMessage `json:"error"`
}

// isValid reports whether r is a request. It removes an id that is not a string, a number
// or null, and params of null.
func (r *request) isValid() bool {
	if string(r.Params) == "null" {
		r.Params = nil
	}
	if r.ID != nil && strings.IndexByte(`"-0123456789n`, r.ID[0]) < 0 {
		r.ID = nil
		return false
	}
	structured := r.Params == nil || r.Params[0] == '[' || r.Params[0] == '{'
	return r.Version == "2.0" && r.Method != nil && structured
}

// response is a response, with a result or an error.
type response struct {
	Version string          `json:"jsonrpc"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
	ID      json.RawMessage `json:"id"` // null if nil
}

func failure(id json.RawMessage, err *Error) response {
	return response{Version: "2.0", Error: err, ID: id}
}
