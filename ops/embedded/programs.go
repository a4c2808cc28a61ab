package embedded

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MissingError says which services this machine lacks.
type MissingError struct {
	Packages []string // Debian's names
}

// Error is the one line that cures it.
func (m MissingError) Error() string {
	return "apt-get install -y --no-install-recommends " + strings.Join(m.Packages, " ")
}

var (
	postgresVersion = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)
	redisVersion    = regexp.MustCompile(`^Redis server v=(\d+)\.`)
)

// oldestRedis is the first major version that knows every setting we give it.
const oldestRedis = 7

// installation is one Postgres of this machine.
type installation struct {
	bin   string // the folder that holds postgres and initdb
	major int
}

// findPostgres finds the Postgres for data of the given major version, or the preferred one when
// major is 0: first PATH, then Debian's versioned folders, newest first.
// It gives a zero installation with the majors that do exist when none fits.
func findPostgres(ctx context.Context, major int) (installation, []int) {
	var majors []int
	for _, bin := range postgresFolders() {
		if !binary(filepath.Join(bin, "initdb")) {
			continue
		}
		found := version(ctx, filepath.Join(bin, "postgres"), postgresVersion)
		if found == 0 {
			continue
		}
		if major == 0 || found == major {
			return installation{bin, found}, nil
		}
		majors = append(majors, found)
	}
	return installation{}, majors
}

// postgresFolders lists where a postgres may be. A link on PATH is followed, because initdb looks
// for its own postgres beside itself and Debian keeps the pair in one folder.
func postgresFolders() []string {
	var folders []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if real, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres")); err == nil && filepath.IsAbs(real) {
			folders = append(folders, filepath.Dir(real))
		}
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(debian, func(a, b string) int { return numbered(b) - numbered(a) })
	return append(folders, debian...)
}

// numbered is the major version in the name of Debian's folder.
func numbered(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

// findRedis finds redis-server, or gives nothing.
func findRedis(ctx context.Context) string {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/bin", "/usr/sbin", "/usr/local/bin") {
		// Debian's redis-server is a link: the name decides what the program does, so the link is run.
		path := filepath.Join(dir, "redis-server")
		if !filepath.IsAbs(dir) {
			continue
		}
		if version(ctx, path, redisVersion) >= oldestRedis {
			return path
		}
	}
	return ""
}

// version runs path --version and gives the major version, 0 when it is not the program that it is
// named after.
func version(ctx context.Context, path string, want *regexp.Regexp) int {
	if !binary(path) {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version") // #nosec G702 -- PATH is who runs us
	cmd.Dir = "/"
	out, err := cmd.Output()
	if err != nil {
		return 0
	}
	found := want.FindSubmatch(out)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n
}

// binary says whether path is an executable and no script: a wrapper that starts the program as
// somebody else, or as a child of its own, would outlive us.
func binary(path string) bool {
	f, err := os.Open(path) // #nosec G703 -- PATH is who runs us
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return false
	}
	head := make([]byte, 2)
	_, err = io.ReadFull(f, head)
	return err == nil && !bytes.Equal(head, []byte("#!"))
}
