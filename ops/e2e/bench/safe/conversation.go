package main

import (
	"context"
	"strconv"
	"strings"

	json "github.com/go-json-experiment/json"

	"adviceline/e2e/rig"
)

// places of every adviser, as the product's accounts have them in a run.
const places = 40

// contact serves a contact's page.
func (n *node) contact(s *socket) {
	ctx := context.Background()
	var f frame
	if s.next(&f) != nil || f.Type != "hello" {
		return
	}
	id, err := n.holder(f.Token)
	if err != nil {
		return
	}
	n.people.put("c:"+id, s)
	defer n.people.drop("c:" + id)
	reply, err := n.scripts.call(ctx, "up", id)
	if err != nil {
		return
	}
	key, err := n.keys.of(id, reply[1].(string))
	if err != nil {
		return
	}
	s.send(frame{Type: "welcome", Contact: id})
	for s.next(&f) == nil {
		if f.Type != "say" || len(f.CID) != 36 || f.Text == "" || len(f.Text) > 8000 {
			s.send(frame{Type: "error", Code: "bad_frame", CID: f.CID})
			continue
		}
		reply, err := n.scripts.call(ctx, "say", id, f.CID, shut(key, []byte(f.Text), id+"|"+f.CID))
		if err != nil {
			s.send(frame{Type: "error", Code: "refused", CID: f.CID})
			continue
		}
		s.send(frame{Type: "said", CID: f.CID, Seq: reply[1].(int64)})
	}
}

// console serves an adviser.
func (n *node) console(s *socket) {
	ctx := context.Background()
	var f frame
	if s.next(&f) != nil || f.Type != "hello" || f.Ticket == "" {
		return
	}
	me := rig.UUID()
	n.people.put("a:"+me, s)
	defer n.people.drop("a:" + me)
	s.send(frame{Type: "welcome", Ref: f.Ref})
	for s.next(&f) == nil {
		switch f.Type {
		case "duty":
			reply, err := n.scripts.call(ctx, "ready", me, class, places)
			if err == nil {
				err = n.ledger.keep(ctx, reply[2])
			}
			if err != nil {
				return
			}
			s.send(frame{Type: "duty", Ref: f.Ref, State: "ready"})
		case "accept":
			n.accept(ctx, s, me, f)
		}
	}
}

func (n *node) accept(ctx context.Context, s *socket, me string, f frame) {
	id, epoch, _ := strings.Cut(f.Offer, ".")
	reply, err := n.scripts.call(ctx, "accept", me, id, epoch)
	if err == nil {
		err = n.ledger.keep(ctx, reply[3])
	}
	if err != nil {
		s.send(frame{Type: "error", Ref: f.Ref, Code: "offer_gone"})
		return
	}
	key, err := n.keys.of(id, reply[2].(string))
	if err != nil {
		return
	}
	told, err := undo(key, reply[1].(string), id+"|told")
	if err != nil {
		return
	}
	s.send(frame{Type: "opened", Ref: f.Ref, Contact: id, Text: string(told)})
}

// notice is what a script publishes to a node.
type notice struct {
	N       int64  `json:"n"`
	To      string `json:"to"`
	Kind    string `json:"kind"`
	Contact string `json:"contact"`
	Offer   string `json:"offer"`
	Due     int64  `json:"due"`
	Class   string `json:"class"`
	Arrival int64  `json:"arrival"`
	Seq     int64  `json:"seq"`
	CID     string `json:"cid"`
	Sealed  string `json:"sealed"`
	Key     string `json:"key"`
	At      int64  `json:"at"`
}

// listen hands notices on, in their order. A gap in the counter would have the heads read again.
func (n *node) listen(ctx context.Context) {
	sub := n.rdb.Subscribe(ctx, tag+":node:"+n.name)
	defer func() { _ = sub.Close() }()
	for last := int64(0); ; {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil {
			return
		}
		var x notice
		if json.Unmarshal([]byte(m.Payload), &x) != nil {
			continue
		}
		if last != 0 && x.N != last+1 {
			panic("a notice is missing: " + strconv.FormatInt(last+1, 10))
		}
		last = x.N
		n.hand(x)
	}
}

func (n *node) hand(x notice) {
	s := n.people.get(x.To)
	if s == nil {
		return
	}
	switch x.Kind {
	case "message":
		key, err := n.keys.of(x.Contact, x.Key)
		if err != nil {
			return
		}
		text, err := undo(key, x.Sealed, x.Contact+"|"+x.CID)
		if err != nil {
			return
		}
		s.send(frame{Type: "message", Contact: x.Contact, Seq: x.Seq, CID: x.CID, From: "contact", Text: string(text), At: x.At})
	case "offer":
		n.offer(s, x)
	case "revoked":
		s.send(frame{Type: x.Kind, Contact: x.Contact, Offer: x.Offer})
	case "joined":
		s.send(frame{Type: "joined", Contact: x.Contact})
	}
}

// offer shows an adviser who asks, what, since when and how long the offer stands.
func (n *node) offer(s *socket, x notice) {
	key, err := n.keys.of(x.Contact, x.Key)
	if err != nil {
		return
	}
	text, err := undo(key, x.Sealed, x.Contact+"|told")
	var t told
	if err != nil || json.Unmarshal(text, &t) != nil {
		return
	}
	language, lane, _ := strings.Cut(x.Class, "|")
	s.send(frame{
		Type: "offer", Contact: x.Contact, Offer: x.Offer, Channel: "chat", Language: language, Lane: lane, Asks: t.Asks,
		Waited: (x.At - x.Arrival) / 1000, Expires: x.Due - x.At,
	})
}
