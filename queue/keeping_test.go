package queue

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"adviceline/helpline"
)

// families are what stands behind the line's tag in everything that the program writes to Redis.
var families = regexp.MustCompile(`["']:([a-z_]+)(?::["']|["'])`)

// TestEveryKeyIsInTheTableOfStores: a family of keys without a line there fails, and a line without its keys.
func TestEveryKeyIsInTheTableOfStores(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, dir := range []string{".", "lua"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if name := f.Name(); strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".lua") {
				continue
			}
			body, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range families.FindAllStringSubmatch(string(body), -1) {
				have[m[1]] = true
			}
		}
	}
	var told []string
	for _, k := range helpline.Kept() {
		told = append(told, k.Keys...)
	}
	for family := range have {
		if !slices.Contains(told, family) {
			t.Errorf("keys :%s are not in the table of stores", family)
		}
	}
	for _, family := range told {
		if !have[family] {
			t.Errorf("the table of stores has keys :%s, which nobody writes", family)
		}
	}
	if len(have) < 30 {
		t.Errorf("only %d families found", len(have))
	}
}
