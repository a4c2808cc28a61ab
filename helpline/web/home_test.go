package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"testing"
)

// What the budget of the contact page counts is what travels: the pages that hold nobody's data are compressed.
func TestPagesTravelCompressed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/", "/en", "/console", "/board"} {
		plain := h.do(t, call{"GET", path, "", map[string]string{"Accept-Encoding": "identity"}})
		small := h.do(t, call{"GET", path, "", map[string]string{"Accept-Encoding": "br, gzip"}})
		if plain.status != http.StatusOK || plain.header.Get("Content-Encoding") != "" || small.header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %d %q and %q", path, plain.status, plain.header.Get("Content-Encoding"), small.header.Get("Content-Encoding"))
		}
		r, err := gzip.NewReader(bytes.NewReader([]byte(small.body)))
		if err != nil {
			t.Fatal(err)
		}
		html, err := io.ReadAll(r)
		if err != nil || len(html) < len(plain.body)-200 || 3*len(small.body) > len(plain.body) {
			t.Errorf("%s: %d bytes travel, %d are in them, %v", path, len(small.body), len(html), err)
		}
	}
}
