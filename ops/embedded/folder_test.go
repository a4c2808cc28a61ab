package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderThatTheLesserUserMayNotEnterIsRefusedInOneLine(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("only root drops rights")
		return
	}
	dir := filepath.Dir(place(t))
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: filepath.Join(dir, "data"), Redis: true})
	if !errors.Is(err, ErrNotPassable) || strings.Contains(err.Error(), "\n") {
		t.Errorf("start: %v", err)
	}
}

func TestSocketsMoveAwayFromALongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(place(t), strings.Repeat("long/", 30))
	o := Options{Dir: dir, Redis: true}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s := start(t, o)
		run := s.run
		info, err := os.Stat(run)
		if err != nil || strings.HasPrefix(run, dir) || info.Mode().Perm() != 0o700 {
			t.Errorf("run folder %s: %v %v", run, info.Mode(), err)
		}
		redis(t, s, "PING", "+PONG\r\n")
		stop(t, s)
		if _, err := os.Stat(run); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("run folder is left: %v", err)
		}
	}
}

func TestDataOfAnotherMajorVersionAreRefused(t *testing.T) {
	t.Parallel()
	dir := place(t)
	if found, _ := findPostgres(t.Context(), 0); found.bin == "" {
		start(t, Options{Dir: dir, Postgres: true})
	}
	if err := os.MkdirAll(filepath.Join(dir, "postgres"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"9\n", "words"} {
		if err := os.WriteFile(filepath.Join(dir, "postgres", "PG_VERSION"), []byte(version), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), Options{Dir: dir, Postgres: true}); !errors.Is(err, ErrOtherMajor) {
			t.Errorf("version %q: %v", version, err)
		}
	}
}

func TestAStaleProcessNumberDoesNotStopTheNextStart(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t), Postgres: true, Redis: true}
	s := start(t, o)
	pid := s.RedisPID() // a living process of the same user
	if err := s.StopPostgres(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(o.Dir, "postgres")
	stale := filepath.Join(data, "postmaster.pid")
	text := fmt.Appendf(nil, "%d\n%s\n1\n5432\n%s\n\n1 1\n", pid, data, s.run)
	if err := errors.Join(os.WriteFile(stale, text, 0o600), s.user.own(stale)); err != nil {
		t.Fatal(err)
	}
	if err := s.StartPostgres(); err != nil {
		t.Error(err)
	}
}

func TestAScriptIsNotTakenForAProgram(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "redis-server")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho Redis server v=9.0.0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if n := version(t.Context(), path, redisVersion); n != 0 {
		t.Errorf("version %d", n)
	}
}

func TestMissingProgramsAreNamedByTheLineThatInstallsThem(t *testing.T) {
	t.Parallel()
	if got := (MissingError{[]string{"postgresql", "redis-server"}}).Error(); got != "apt-get install -y --no-install-recommends postgresql redis-server" {
		t.Error(got)
	}
}

func TestALogStartsOverWhenItIsFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 {
		log, err := openLog(dir, "postgres")
		if err != nil {
			t.Fatal(err)
		}
		line := []byte(strings.Repeat("x", 1000) + "\n")
		for range 1500 {
			if n, err := log.Write(line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"postgres.log", "postgres.log.old"} {
		info, err := os.Stat(filepath.Join(dir, "log", name))
		if err != nil || info.Size() == 0 || info.Size() > maxLog {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}
