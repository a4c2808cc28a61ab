package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// earlier builds the program as it was at the revision in the file earlier: the one that a line runs
// while this one comes. It wants the repository's history; in CI a history without that revision is a
// failure.
func earlier(t *testing.T) string {
	t.Helper()
	revision := strings.TrimSpace(string(read(t, "earlier")))
	git, tar := need(t, "git"), need(t, "tar")
	repository := filepath.Join("..", "..")
	look := exec.Command(git, "cat-file", "-e", revision+"^{commit}")
	look.Dir = repository
	if err := look.Run(); err != nil {
		missing := "revision " + revision + " (ops/e2e/earlier) is not here: the test wants the whole history, as by `git fetch --unshallow`"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	dir := t.TempDir()
	pack := exec.Command(git, "archive", "--format=tar", revision)
	pack.Dir = repository
	files, err := pack.Output()
	if err != nil {
		t.Fatalf("read revision %s: %v", revision, err)
	}
	unpack := exec.Command(tar, "-x", "-C", dir)
	unpack.Stdin = bytes.NewReader(files)
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("unpack revision %s: %v\n%s", revision, err, out)
	}
	program := filepath.Join(dir, "bin", "adviceline")
	build := exec.Command("go", "build", "-race", "-buildvcs=false", "-o", program, "./cmd/adviceline")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build revision %s: %v\n%s", revision, err, out)
	}
	return program
}

// TestTwoVersionsSideBySide: an upgrade. A node of an earlier revision runs, one of this revision joins
// it over the same stores, and everything goes on between them in both directions; then the earlier one
// is drained, and its people go on at the newer one. Nothing is lost or doubled.
func TestTwoVersionsSideBySide(t *testing.T) {
	t.Parallel()
	program := earlier(t)
	s := gather(t, 2, settings{"OFFER_SECONDS": "300"})
	older, newer := s.each[0], s.each[1]
	older.bin = program
	older.start()
	older.adviser("dora", "en", 1) // an account serves English: it is not just anybody's
	aino := attend(t, older, "aino", "fi", 3)
	same := intake("en") // nobody is there for it until the earlier node is gone
	waiting := &contactClient{admission: older.admitted(t, same)}
	waiting.connect(t, older)
	waiting.say("before")
	newer.start()
	if again := newer.admitted(t, same); again.Contact != waiting.Contact || again.Token != waiting.Token {
		t.Error("two versions answer one intake in two ways")
	}
	beda := attend(t, newer, "beda", "sv", 3)

	// Contacts at the other version's node than their advisers, and one at the same.
	var open []chat
	for _, c := range []struct {
		at       *house
		language string
		console  *consoleClient
	}{
		{newer, "fi", aino}, {newer, "fi", aino}, {older, "fi", aino}, {older, "sv", beda}, {older, "sv", beda}, {newer, "sv", beda},
	} {
		contact := call(t, c.at, c.language)
		c.console.accept(t, c.console.offer(t, contact.Contact))
		open = append(open, chat{contact: contact, console: c.console})
	}
	talk(open, "both", 4, 250*time.Millisecond)()
	settle(t, open, patience)
	checkChats(t, open)

	// One of each direction ends while both run: by its adviser, with an outcome.
	for _, c := range []chat{open[0], open[3]} {
		c.console.end(t, c.contact.Contact)
		eventually(t, patience, "the contact is told the end", func() bool { return c.contact.is("ended") })
		c.console.record(t, c.contact.Contact)
	}
	// And two move to the other version with their sockets.
	rest := []chat{open[1], open[2], open[4], open[5]}
	rest[0].contact.to(older)
	rest[2].contact.to(newer)
	talk(rest, "moved", 3, 250*time.Millisecond)()
	settle(t, rest, patience)
	checkChats(t, rest)

	peers := append(peersOf(rest), &waiting.peer)
	for _, p := range peers {
		p.wander(s.upAndDown(p.h))
	}
	wait := talk(rest, "drain", 8, 250*time.Millisecond)
	s.drain(t, older, peers)
	wait()
	settle(t, rest, patience)
	checkChats(t, rest)
	cecilia := attend(t, newer, "cecilia", "en", 1)
	cecilia.accept(t, cecilia.offer(t, waiting.Contact))
	last := chat{contact: waiting, console: cecilia}
	talk([]chat{last}, "late", 2, 250*time.Millisecond)()
	rest = append(rest, last)
	settle(t, rest, patience)
	checkChats(t, rest)
	for _, c := range rest {
		checkOwners(t, c.contact.Contact, c.console)
		c.console.record(t, c.contact.Contact)
	}
	s.checkRecorded(t, len(open)+1)
}

// TestNewerDatabase: a newer program's migration, which only adds, does not stop a node that runs; a
// node that starts refuses, unless it is told not to migrate.
func TestNewerDatabase(t *testing.T) {
	t.Parallel()
	s := several(t, 1, nil)
	h := s.each[0]
	open := chats(t, h, 2)
	conn := h.postgres("adviceline")
	for _, step := range []string{
		"ALTER TABLE contact ADD COLUMN later text",
		"ALTER TABLE event ADD COLUMN later text",
		"ALTER TABLE person ADD COLUMN later text",
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)",
	} {
		if _, err := conn.Exec(t.Context(), step); err != nil {
			t.Fatalf("migrate as a newer program: %v", err)
		}
	}
	again := unfold(t, h, open[0].console.name, open[0].console.cookie)
	again.ready(t) // a console that came back is heard first
	for i := range open {
		open[i].console = again
	}
	c := call(t, h, "fi")
	again.accept(t, again.offer(t, c.Contact))
	again.record(t, c.Contact)
	again.record(t, open[0].contact.Contact)
	eventually(t, patience, "the older program writes on", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact") == 3 &&
			count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL") == 2
	})

	h.stop()
	h.launch()
	r := h.process()
	eventually(t, patience, "it does not start", func() bool { return ended(r) })
	if code := r.cmd.ProcessState.ExitCode(); code == 0 || !bytes.Contains(h.out.bytes(), []byte("database_newer_than_program")) {
		t.Errorf("started on a newer database it ends with status %d, and does not say why", code)
	}
	h.set["MIGRATE"] = "off"
	h.start()
	again.record(t, open[1].contact.Contact)
	eventually(t, patience, "it works again", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL") == 3
	})
}
