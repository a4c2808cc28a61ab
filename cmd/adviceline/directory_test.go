package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"adviceline/storage"
)

func TestDirectoryInAndOutOfAFile(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "directory.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if status, out, errs := e.run("", "directory", "import", file(handDirectory)); status != 0 || out != "4 receivers\n" {
		t.Fatalf("%d %q %s", status, out, errs)
	}
	status, before, errs := e.run("", "directory", "export")
	if status != 0 || strings.Count(before, "\n") != 5 || !strings.Contains(before, "south@shelter.invalid") {
		t.Fatalf("%d %q %s", status, before, errs)
	}
	if status, out, errs := e.run("", "directory", "import", file(before)); status != 0 || out != "4 receivers\n" {
		t.Errorf("its own file: %d %q %s", status, out, errs)
	}
	broken := strings.Replace(handDirectory, "north@shelter.invalid", "Sentinel", 1)
	if status, _, errs := e.run("", "directory", "import", file(broken)); status != 3 || !strings.Contains(errs, "line 3, service.email: broken_directory") || strings.Contains(errs, "Sentinel") {
		t.Errorf("%d %s", status, errs)
	}
	if _, after, _ := e.run("", "directory", "export"); after != before {
		t.Error("a broken file changed the directory")
	}
	if err := os.WriteFile(filepath.Join(e.value("DATA_DIR"), "root.key"), []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	status, first, errs := e.run("", "directory", "partner", "south")
	if status != 0 || len(first) != 27 {
		t.Fatalf("%d %q %s", status, first, errs)
	}
	if status, second, _ := e.run("", "directory", "partner", "south"); status != 0 || second == first {
		t.Errorf("%d: the same key again", status)
	}
	if status, out, errs := e.run("", "directory", "partner", "south", "--remove"); status != 0 || out != "" {
		t.Errorf("%d %q %s", status, out, errs)
	}
	if status, _, errs := e.run("", "directory", "partner", "west"); status != 3 || !strings.Contains(errs, "unknown_receiver") {
		t.Errorf("%d %s", status, errs)
	}
	audited, err := storage.Open(t.Context(), storage.Options{URL: e.value("DATABASE_URL"), Pool: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer audited.Close()
	deeds, err := storage.NewCallbacks(audited, e.value("LINE")).Deeds(t.Context(), time.Time{}, 10)
	var codes []string
	for _, d := range deeds {
		codes = append(codes, d.Deed+" "+d.Code)
	}
	if want := "partner_removed south, partner_set south, partner_set south, directory_set command, directory_set command"; err != nil || strings.Join(codes, ", ") != want {
		t.Errorf("audited %v %v", codes, err)
	}
	for _, bad := range [][]string{{"fly"}, {"import"}, {"export", "x"}, {"partner"}, {"import", "/nowhere"}} {
		if status, _, _ := e.run("", append([]string{"directory"}, bad...)...); status == 0 {
			t.Errorf("%v is taken", bad)
		}
	}
}
