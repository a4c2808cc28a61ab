package storage

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// TestDirectoryChangesAreAudited: every change of the directory leaves one row of who, what and when, and nothing that
// a receiver wrote; what is refused leaves none.
func TestDirectoryChangesAreAudited(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	d, by := NewDirectory(s, "main"), uuid.NewString()
	south := helpline.Receiver{ID: "south", Organization: "Sentinel", Name: "Sentinel", Kind: "shelter", Email: "sentinel@shelter.invalid", Status: "active", Alert: "Sentinel", Assured: time.Now()}
	for _, change := range []func() error{
		func() error { return d.SetDirectory(t.Context(), helpline.Nobody, []helpline.Receiver{south}) },
		func() error { return d.PutReceiver(t.Context(), by, south) },
		func() error { return d.SetDirectory(t.Context(), by, []helpline.Receiver{south}) },
		func() error { return d.SetPartner(t.Context(), helpline.Nobody, "south", "print") },
		func() error { return d.SetPartner(t.Context(), helpline.Nobody, "south", "") },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.SetPartner(t.Context(), by, "west", "print"); !errors.Is(err, helpline.ErrUnknownReceiver) {
		t.Error(err)
	}
	if err := d.SetPartner(t.Context(), by, "south", ""); err != nil { // there is none any more
		t.Error(err)
	}
	twice := []helpline.Receiver{south, south}
	if err := d.SetDirectory(t.Context(), by, twice); err == nil {
		t.Error("one receiver twice is taken")
	}
	deeds, err := NewCallbacks(s, "main").Deeds(t.Context(), time.Time{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, x := range deeds {
		who := "account"
		if x.Adviser == helpline.Nobody {
			who = "nobody"
		} else if x.Adviser != by {
			t.Errorf("%+v", x)
		}
		if i > 0 && x.At.After(deeds[i-1].At) || time.Since(x.At) > time.Hour {
			t.Errorf("out of order: %+v", deeds)
		}
		got = append(got, who+" "+x.Deed+" "+x.Code)
	}
	const want = "nobody partner_removed south\nnobody partner_set south\naccount directory_set page\naccount receiver_set south\nnobody directory_set command"
	if strings.Join(got, "\n") != want {
		t.Errorf("audited:\n%s", strings.Join(got, "\n"))
	}
	if older, err := NewCallbacks(s, "main").Deeds(t.Context(), deeds[len(deeds)-1].At, 100); err != nil || len(older) != 0 {
		t.Errorf("before the first: %v %v", older, err)
	}
	if others, err := NewCallbacks(s, "other").Deeds(t.Context(), time.Time{}, 100); err != nil || len(others) != 0 {
		t.Errorf("of another line: %v %v", others, err)
	}
}
