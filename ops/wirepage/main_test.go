package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adviceline/helpline/wire"
)

func TestPageIsUpToDate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wire.md")
	if err := write(file); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../docs/wire.md")
	if err != nil || string(kept) != string(fresh) {
		t.Errorf("ops/docs/wire.md is not what the documents say (%v): run make docs", err)
	}
}

func TestPageNeedsDocuments(t *testing.T) {
	t.Parallel()
	if _, err := page([]byte(`[]`), wire.AsyncAPI()); err == nil {
		t.Error("no openapi")
	}
	if _, err := page(wire.OpenAPI(), []byte(`x`)); err == nil {
		t.Error("no asyncapi")
	}
	text, err := page([]byte(strings.Replace(string(wire.OpenAPI()), "The one answer to every failed sign-in.", "Changed.", 1)), wire.AsyncAPI())
	if err != nil || !strings.Contains(string(text), "| Changed. |") {
		t.Error("a change of a document does not reach the page")
	}
}
