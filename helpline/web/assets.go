package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed static/*.js static/*.css static/*.svg
var staticFiles embed.FS

// Asset gives the hashed path of a static file.
func (v view) Asset(name string) (string, error) {
	a, ok := v.pages.assets[name]
	if !ok {
		return "", fmt.Errorf("no static file %s", name)
	}
	return a.path, nil
}

// Joined gives the hashed path of the one module that a page's first module and all that it imports are served as.
func (v view) Joined(name string) (string, error) {
	a, ok := v.pages.joined[name]
	if !ok {
		return "", fmt.Errorf("%s is not served as one module", name)
	}
	return a.path, nil
}

// Imports gives the hashed paths of every module that name imports, directly or not.
func (v view) Imports(name string) []string {
	var out []string
	for _, n := range v.pages.below(name) {
		out = append(out, v.pages.assets[n].path)
	}
	return out
}

// below lists what a module imports, directly or not, each after those it imports itself.
func (p *Pages) below(name string) []string {
	var out []string
	seen := map[string]bool{}
	var walk func(string)
	walk = func(n string) {
		for _, i := range p.assets[n].imports {
			if !seen[i] {
				seen[i] = true
				walk(i)
				out = append(out, i)
			}
		}
	}
	walk(name)
	return out
}

// asset is one static file as it is served: imports rewritten, named by the hash of that.
type asset struct {
	path    string
	kind    string
	body    []byte
	packed  []byte // gzip of body
	imports []string
}

// importLine is the one way our modules import each other: a line of its own, single quotes.
var importLine = regexp.MustCompile(`(?m)^(import (?:.+ from )?)'\./([a-z]+\.js)';$`)

// remarks are comments that have their lines to themselves: phones need not load them. No script of ours has a
// text of several lines, which could look like one.
var remarks = regexp.MustCompile(`(?m)^[ \t]*(?:/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//.*)[ \t]*\n`)

func (p *Pages) readAssets() error {
	files, err := fs.Glob(staticFiles, "static/*")
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := p.readAsset(path.Base(f), nil); err != nil {
			return err
		}
	}
	return nil
}

// readAsset reads a file after those it imports, since its hash covers their hashed names.
func (p *Pages) readAsset(name string, above []string) error {
	if slices.Contains(above, name) {
		return fmt.Errorf("static/%s imports itself: %s", name, strings.Join(above, " > "))
	}
	if p.assets[name] != nil {
		return nil
	}
	body, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		return fmt.Errorf("read static/%s: %w", name, err)
	}
	a := &asset{kind: kindOf(name)}
	for _, m := range importLine.FindAllSubmatch(body, -1) {
		dep := string(m[2])
		if err := p.readAsset(dep, append(above, name)); err != nil {
			return err
		}
		a.imports = append(a.imports, dep)
	}
	a.body = importLine.ReplaceAllFunc(body, func(line []byte) []byte {
		m := importLine.FindSubmatch(line)
		return fmt.Appendf(nil, "%s'%s';", m[1], p.assets[string(m[2])].path)
	})
	a.body = remarks.ReplaceAll(a.body, nil)
	p.assets[name] = a
	return p.serve(name, a)
}

// serve packs a file and gives it its address.
func (p *Pages) serve(name string, a *asset) error {
	var err error
	if a.packed, err = pack(a.body); err != nil {
		return fmt.Errorf("pack static/%s: %w", name, err)
	}
	sum := sha256.Sum256(a.body)
	ext := path.Ext(name)
	a.path = "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
	p.served[a.path] = a
	return nil
}

// exportLine is the one way our modules export: a declaration of its own that never changes its value afterwards.
var exportLine = regexp.MustCompile(`(?m)^export ((?:async )?function|class|const) (\w+)`)

// strayLine is what join does not know.
var strayLine = regexp.MustCompile(`(?m)^(?:import|export)\b.*$`)

// join serves a page's first module with all that it imports as one: a phone whose network takes two seconds for every
// answer waits once, not for one round of six files after the other. Each module keeps a scope of its own.
func (p *Pages) join(first string) error {
	var out bytes.Buffer
	for _, name := range append(p.below(first), first) {
		source, err := staticFiles.ReadFile("static/" + name)
		if err != nil {
			return fmt.Errorf("read static/%s: %w", name, err)
		}
		body := importLine.ReplaceAllFunc(remarks.ReplaceAll(source, nil), func(line []byte) []byte {
			m := importLine.FindSubmatch(line)
			names := bytes.TrimSuffix(bytes.TrimPrefix(m[1], []byte("import ")), []byte(" from "))
			return fmt.Appendf(nil, "const %s = %s;", names, scopeOf(string(m[2])))
		})
		var given []string
		for _, m := range exportLine.FindAllSubmatch(body, -1) {
			given = append(given, string(m[2]))
		}
		body = exportLine.ReplaceAll(body, []byte("$1 $2"))
		if stray := strayLine.Find(body); stray != nil {
			return fmt.Errorf("static/%s cannot be joined: %s", name, stray)
		}
		fmt.Fprintf(&out, "const %s = (() => {\n%s\nreturn {%s};\n})();\n", scopeOf(name), bytes.TrimSpace(body), strings.Join(given, ", "))
	}
	a := &asset{kind: kindOf(first), body: out.Bytes()}
	p.joined[first] = a
	return p.serve(first, a)
}

// scopeOf names a module inside a joined one.
func scopeOf(name string) string { return "$" + strings.TrimSuffix(name, ".js") }

// Style gives the stylesheet for a page that carries it: one answer less to wait for. The page's policy names its
// hash, so nothing else between style tags counts.
func (v view) Style() template.CSS {
	return template.CSS(v.pages.assets["page.css"].body) // #nosec G203 -- our own file, embedded
}

func (p *Pages) styleHash() string {
	sum := sha256.Sum256(p.assets["page.css"].body)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	default:
		return "image/svg+xml"
	}
}

func pack(body []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// StaticHandler serves /static/<name>.<hash>.<ext>, for ever cacheable, already compressed.
// It needs no gzip around it and answers 404 for every other path.
func (p *Pages) StaticHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := p.served[r.URL.Path]
		if !ok {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h, body := w.Header(), a.body
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.packed
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body)
		}
	})
}
