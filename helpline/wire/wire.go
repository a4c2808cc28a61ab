// Package wire is the contract between the server and every client: openapi.json for HTTP,
// asyncapi.json for the two sockets. Both are written by hand and served as they are; the tests of
// the rooms that speak hold what is sent and read against them (package wiretest). The server
// itself decodes by its own strict code and never looks in here.
package wire

import _ "embed" // the documents

var (
	//go:embed openapi.json
	openAPI []byte
	//go:embed asyncapi.json
	asyncAPI []byte
)

// OpenAPI gives the OpenAPI 3.0.3 document; it is not to be written to.
func OpenAPI() []byte { return openAPI }

// AsyncAPI gives the AsyncAPI 3 document; it is not to be written to.
func AsyncAPI() []byte { return asyncAPI }
