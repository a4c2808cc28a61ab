package helpline

import (
	"encoding/json"
	"fmt"
	"time"
)

// told is what a contact said of itself at the intake and no script decides on. It lies sealed under
// the contact's data key: the append-only file keeps it longer than the queue does.
type told struct {
	Page         string `json:"page"`
	Second       string `json:"second,omitempty"`
	Asks         string `json:"asks"`
	Role         string `json:"role,omitempty"`
	Organisation string `json:"organisation,omitempty"`
	Child        bool   `json:"child,omitempty"`
}

const toldField = "told"

// sealTold makes the contact's data key and seals the first thing under it.
func (l *Line) sealTold(f Facts) (key, sealed string, err error) {
	return l.sealToldUntil("live", l.Now().UTC().AddDate(0, 0, 2), f)
}

// sealToldUntil is the same under the key of another class and day.
func (l *Line) sealToldUntil(class string, day time.Time, f Facts) (key, sealed string, err error) {
	plain, err := json.Marshal(told{f.PageLanguage, f.SecondLanguage, f.Asks, f.Role, f.Organisation, f.Child})
	if err != nil {
		return "", "", fmt.Errorf("write intake: %w", err)
	}
	return l.Seal.SealAnew(class, day, f.Contact, toldField, 0, plain)
}

// openTold fills in what was told, as far as its key is still there.
func (l *Line) openTold(f *Facts, key, sealed string) {
	if sealed == "" {
		return
	}
	plain, err := l.Seal.Open(key, f.Contact, toldField, 0, sealed)
	var t told
	if err != nil || json.Unmarshal(plain, &t) != nil {
		l.Log.Error("intake cannot be opened", "error", err)
		return
	}
	f.PageLanguage, f.SecondLanguage, f.Asks = t.Page, t.Second, t.Asks
	f.Role, f.Organisation, f.Child = t.Role, t.Organisation, t.Child
}

// OpenOffer fills an offer's notice with what its contact told, for the adviser who is asked.
func (l *Line) OpenOffer(n Notice) Notice {
	f := Facts{Contact: n.Contact, Asks: n.Asks, Role: n.Role, Child: n.Child}
	l.openTold(&f, n.Key, n.Told)
	n.Asks, n.Role, n.Child, n.Key, n.Told = f.Asks, f.Role, f.Child, "", ""
	return n
}
