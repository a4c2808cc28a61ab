package e2e

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPeopleMoveBetweenNodes: whoever talks to each other sits at any nodes, and goes on at any other.
func TestPeopleMoveBetweenNodes(t *testing.T) {
	t.Parallel()
	s := several(t, 3, settings{"OFFER_SECONDS": "300"})
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
		newer.record(t, c.contact.Contact)
	}
}

// TestStalledNode: a node stands still, as a paused machine does, until the line has given its adviser's
// conversation to another. What it still held when it runs on is refused: the person hears one adviser.
func TestStalledNode(t *testing.T) {
	t.Parallel()
	s := several(t, 3, settings{"ADVISER_GRACE_SECONDS": "1", "NODE_LEASE_SECONDS": "4"})
	aino := attend(t, s.each[0], "aino", "fi", 1)
	c := call(t, s.each[2], "fi")
	aino.accept(t, aino.offer(t, c.Contact))
	one := []chat{{contact: c, console: aino}}
	talk(one, "aino", 3, 50*time.Millisecond)()
	settle(t, one, patience)
	beda := attend(t, s.each[1], "beda", "fi", 1)

	stalled := s.each[0].process().cmd.Process
	if err := stalled.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stalled.Signal(syscall.SIGCONT) })
	for k := range 4 {
		aino.say(c.Contact, fmt.Sprintf("too late %d", k))
	}
	beda.accept(t, beda.offer(t, c.Contact))
	beda.say(c.Contact, "beda 0")
	c.say("still here")
	eventually(t, patience, "they talk", func() bool { return c.hears() == 4 && beda.hears(c.Contact) == 4 })
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
}
