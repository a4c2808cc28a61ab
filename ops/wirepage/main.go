// Command wirepage writes ops/docs/wire.md, the wire for people, out of the two documents that the
// server serves. `make docs` runs it; a test holds the page against the documents.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"adviceline/helpline/wire"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: wirepage FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(file string) error {
	text, err := page(wire.OpenAPI(), wire.AsyncAPI())
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644) // #nosec G306 G703 -- a page to be read, where make wants it
}

// page renders both documents as Markdown.
func page(openAPI, asyncAPI []byte) ([]byte, error) {
	var o openapi
	if err := json.Unmarshal(openAPI, &o); err != nil {
		return nil, fmt.Errorf("read openapi: %w", err)
	}
	var a asyncapi
	if err := json.Unmarshal(asyncAPI, &a); err != nil {
		return nil, fmt.Errorf("read asyncapi: %w", err)
	}
	var b bytes.Buffer
	b.WriteString("# The wire\n\nWritten by `make docs` from `helpline/wire/openapi.json` and `asyncapi.json`, which the server serves\n" +
		"at `/openapi.json` and `/asyncapi.json`. Change those, not this page.\n")
	o.write(&b)
	a.write(&b)
	return b.Bytes(), nil
}
