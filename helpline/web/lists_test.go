package web

import (
	"io/fs"
	"regexp"
	"testing"
)

// Every code list that a script of the console fills a control or a label from is in its page.
func TestConsoleHasTheListsThatItsScriptsAskFor(t *testing.T) {
	t.Parallel()
	asks := regexp.MustCompile(`(?:fill\([^()]*?, |label\(|choices\()'([a-z_]+)'`)
	lists, seen := listsFor("fi").Lists, 0
	err := fs.WalkDir(staticFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(staticFiles, path)
		for _, m := range asks.FindAllStringSubmatch(string(body), -1) {
			seen++
			if len(lists[m[1]]) == 0 {
				t.Errorf("%s asks for %s, which the page does not have", path, m[1])
			}
		}
		return err
	})
	if err != nil || seen < 8 {
		t.Errorf("%d lists asked for, %v", seen, err)
	}
}
