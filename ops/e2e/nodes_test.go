package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestPeopleMoveBetweenNodes: whoever talks to each other sits at any nodes, and goes on at any other.
func TestPeopleMoveBetweenNodes(t *testing.T) {
	t.Parallel()
	peopleMove(t, several(t, 3, settings{"OFFER_SECONDS": "300"}))
}

func peopleMove(t *testing.T, s *nodes) {
	t.Helper()
	open := s.chats(t, 3)
	aino := open[0].console
	talk(open, "apart", 3, 100*time.Millisecond)()
	settle(t, open, patience)
	checkChats(t, open)

	// A newer console at another node takes everything over: three legs, what was said in them, the
	// duty. The older one is closed, though its node was told by nobody but Redis.
	first := aino.at()
	elsewhere := s.each[(slices.Index(s.each, first)+1)%3]
	newer := unfold(t, elsewhere, aino.name, aino.cookie)
	eventually(t, patience, "the older console is replaced", func() bool {
		code, over := aino.over()
		return over && code == 4501
	})
	var after []chat
	for _, c := range open {
		old, sent := aino.transcript(c.contact.Contact)
		x, _ := newer.transcript(c.contact.Contact)
		if got, want := len(x.got), len(old.from("contact"))+len(sent); got != want {
			t.Errorf("the newer console has %d messages of a leg, %d were said", got, want)
		}
		newer.mu.Lock()
		if l := newer.legs[c.contact.Contact]; l == nil || l.epoch != aino.all[c.contact.Contact].epoch {
			t.Errorf("the newer console lacks a leg, or has it under another epoch")
		} else {
			l.sent = sent
		}
		newer.mu.Unlock()
		after = append(after, chat{contact: c.contact, console: newer})
	}
	if t.Failed() {
		t.FailNow()
	}
	// Contacts move one by one, the last with its old socket still open.
	for i, c := range after[:2] {
		c.contact.to(s.each[i])
	}
	c := after[2].contact
	twin := &contactClient{admission: c.admission}
	to := s.each[(slices.Index(s.each, c.at())+1)%3]
	twin.connect(t, to)
	eventually(t, patience, "the older socket is replaced", func() bool {
		code, over := c.over()
		return over && code == 4501
	})
	eventually(t, patience, "the newer socket has the whole conversation", func() bool { return twin.hears() == c.hears() })
	_, twin.sent = c.transcript()
	after[2].contact = twin

	talk(after, "moved", 3, 100*time.Millisecond)()
	settle(t, after, patience)
	checkChats(t, after)
	newer.to(first)
	talk(after, "back", 3, 100*time.Millisecond)()
	settle(t, after, patience)
	checkChats(t, after)
	for _, c := range after {
		checkOwners(t, c.contact.Contact, aino, newer)
	}
	s.checkWord(t, newer, after)
}

// checkWord sends word to sockets of one node over another: a contact who leaves, one who comes back by
// return number, an adviser who signs out. And an intake that is sent twice is one, wherever it comes.
func (s *nodes) checkWord(t *testing.T, console *consoleClient, chats []chat) {
	t.Helper()
	other := func(p *peer) *house { return s.each[(slices.Index(s.each, p.at())+1)%len(s.each)] }
	leaves, returns := chats[0].contact, chats[1].contact
	status, body := other(&leaves.peer).post("/api/v1/contact/leave", map[string]string{
		"request_id": uuid.NewString(), "token": leaves.Token, "kind": "done",
	})
	if status != http.StatusNoContent {
		t.Fatalf("leave answers %d: %s", status, body)
	}
	eventually(t, patience, "who left elsewhere is told the end", func() bool {
		code, over := leaves.over()
		return over && code == 1000 && leaves.is("ended")
	})
	status, body = other(&returns.peer).post("/api/v1/contact/resume", map[string]string{
		"request_id": uuid.NewString(), "return_number": returns.Number,
	})
	if status != http.StatusOK && status != http.StatusCreated {
		t.Fatalf("resume answers %d: %s", status, body)
	}
	eventually(t, patience, "the old token's socket is closed", func() bool {
		code, over := returns.over()
		return over && code == 4501
	})
	same := intake("en")
	_, one := s.each[0].post("/api/v1/contacts", same)
	_, two := s.each[1].post("/api/v1/contacts", same)
	if !bytes.Equal(one, two) {
		t.Error("two nodes answer one intake in two ways")
	}
	req, err := http.NewRequest(http.MethodDelete, other(&console.peer).origin()+"/api/v1/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", s.each[0].origin())
	req.AddCookie(console.cookie)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	eventually(t, time.Second, "who signs out elsewhere loses the console", func() bool {
		code, over := console.over()
		return over && code == 4504
	})
}

// TestStalledNode: a node stands still, as a paused machine does, until the line has given its adviser's
// conversation to another. What it still held when it runs on is refused: the person hears one adviser.
func TestStalledNode(t *testing.T) {
	t.Parallel()
	s := several(t, 3, settings{"ADVISER_GRACE_SECONDS": "1", "NODE_LEASE_SECONDS": "4"})
	aino := attend(t, s.each[0], "aino", "fi,sv", 1) // so both are known to be spoken before svea's account is looked at
	c := call(t, s.each[2], "fi")
	aino.accept(t, aino.offer(t, c.Contact))
	one := []chat{{contact: c, console: aino}}
	talk(one, "aino", 3, 50*time.Millisecond)()
	settle(t, one, patience)
	beda := attend(t, s.each[1], "beda", "fi", 1)
	svea := attend(t, s.each[1], "svea", "sv", 1)
	rings := call(t, s.each[0], "sv") // offered to svea while its node stands still
	gone := svea.offer(t, rings.Contact)

	stalled := s.each[0].process().cmd.Process
	stall(t, stalled)
	for k := range 4 {
		aino.say(c.Contact, fmt.Sprintf("too late %d", k))
	}
	beda.accept(t, beda.offer(t, c.Contact))
	beda.say(c.Contact, "beda 0")
	eventually(t, patience, "whoever waits on a node that is gone is not offered", func() bool {
		svea.mu.Lock()
		defer svea.mu.Unlock()
		return slices.ContainsFunc(svea.revoked, func(f frame) bool { return f.Offer == gone.Offer && f.Reason == "contact_left" })
	})
	c.say("still here")
	eventually(t, patience, "they talk", func() bool { return c.hears() >= 4 && beda.hears(c.Contact) == 4 })
	if heard, _ := c.transcript(); len(heard.got) != 4 {
		t.Fatalf("the contact heard %d messages, 4 were said to them", len(heard.got))
	}
	if err := stalled.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	beda.say(c.Contact, "beda 1")
	eventually(t, patience, "the late ones are refused", func() bool {
		aino.mu.Lock()
		mine := aino.legs[c.Contact] != nil
		aino.mu.Unlock()
		return !mine && aino.connected()
	})
	eventually(t, patience, "they talk on", func() bool { return c.hears() == 5 && beda.unanswered() == 0 })
	heard, _ := c.transcript()
	for _, m := range heard.got {
		if strings.HasPrefix(m.Text, "too late") {
			t.Errorf("the contact heard %q of an adviser who had lost it", m.Text)
		}
	}
	checkOwners(t, c.Contact, aino, beda)
	beda.record(t, c.Contact)
	svea.accept(t, svea.offer(t, rings.Contact)) // its page was called back, the place is live again
}

// stall stops a process until it is sent SIGCONT, at the latest at the end of the test. The kernel stops it thread by thread:
// one of them may still read a line and answer it after the signal was sent.
func stall(t *testing.T, p *os.Process) {
	t.Helper()
	t.Cleanup(func() { _ = p.Signal(syscall.SIGCONT) })
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "every thread stands still", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.Pid))
		return err == nil && !slices.ContainsFunc(threads, func(thread string) bool {
			stat, err := os.ReadFile(thread)
			_, state, _ := bytes.Cut(stat, []byte(") ")) // after the name, which is in brackets
			return err == nil && !bytes.HasPrefix(state, []byte("T"))
		})
	})
}
