package queue

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"adviceline/helpline"
)

// still is everything that the invariants speak of, as it stood after a step.
type still struct {
	Contacts map[string]map[string]string // by contact
	Advisers map[string]map[string]string
	Sets     map[string][]string          // by key: offers, legs, parked and sockets
	Classes  map[string]map[string]string // by class: who waits, with the score
	Serve    map[string]map[string]string // by group
	Timers   map[string]string
	Reserved map[string]string
	Counts   map[string]string
	Danger   map[string]string
	Numbers  map[string]string // by contact: whom its number finds
}

// lookScript reads all of it in one step, so that two looks are never of two moments.
const lookScript = `
local P, call, out = KEYS[1], redis.call, {Contacts = {}, Advisers = {}, Sets = {}, Classes = {}, Serve = {}, Numbers = {}}
local function pairsOf(flat)
  local t = {}
  for i = 1, #flat, 2 do t[flat[i]] = tostring(flat[i + 1]) end
  return next(t) and t or nil
end
local function set(key) local s = call('SMEMBERS', P .. key) table.sort(s) out.Sets[key] = #s > 0 and s or nil end
local asked = cjson.decode(ARGV[1])
for _, id in ipairs(asked.contacts) do
  out.Contacts[id] = pairsOf(call('HGETALL', P .. ':c:' .. id))
  for v = 1, 40 do
    local n = call('GET', P .. ':number:NUMBER' .. id .. '/' .. v)
    if n then out.Numbers[id .. '/' .. v] = n end
  end
end
for _, id in ipairs(asked.advisers) do
  out.Advisers[id] = pairsOf(call('HGETALL', P .. ':a:' .. id))
  set(':offers:' .. id) set(':legs:' .. id) set(':parked:' .. id)
end
for _, n in ipairs(asked.nodes) do set(':n:' .. n) end
for _, m in ipairs(call('ZRANGE', P .. ':timers', 0, -1)) do
  local aside = string.match(m, '^evicted|(.*)$')
  if aside then set(':n:' .. aside) end
end
for _, g in ipairs(asked.groups) do
  out.Serve[g] = pairsOf(call('ZRANGE', P .. ':serve:' .. g, 0, -1, 'WITHSCORES'))
  for _, lane in ipairs(asked.lanes) do
    for _, k in ipairs({g .. '|' .. lane, g .. '|' .. lane .. '|call'}) do
      out.Classes[k] = pairsOf(call('ZRANGE', P .. ':w:' .. k, 0, -1, 'WITHSCORES'))
    end
  end
end
out.Timers = pairsOf(call('ZRANGE', P .. ':timers', 0, -1, 'WITHSCORES'))
out.Danger = pairsOf(call('ZRANGE', P .. ':danger', 0, -1, 'WITHSCORES'))
out.Reserved = pairsOf(call('HGETALL', P .. ':reserved'))
out.Counts = pairsOf(call('HGETALL', P .. ':classes'))
for _, k in ipairs({'Contacts', 'Advisers', 'Sets', 'Classes', 'Serve', 'Numbers'}) do
  if not next(out[k]) then out[k] = nil end
end
return cjson.encode(out)`

var (
	walkGroups = strings.Fields("fi sv ru interpreter fi+child sv+child ru+child interpreter+child other other+child")
	walkLanes  = helpline.Lanes()
)

// look reads everything; it notes the ids of live offers on both sides.
func (w *walk) look() still {
	w.Helper()
	var contacts, advisers, nodes []string
	for _, v := range w.contacts {
		contacts = append(contacts, v.id)
	}
	for _, a := range w.advisers {
		advisers = append(advisers, a.ID)
	}
	for _, q := range w.nodes {
		nodes = append(nodes, q.opt.Node)
	}
	asked, err := json.Marshal(map[string]any{
		"contacts": contacts, "advisers": advisers, "nodes": nodes, "groups": walkGroups, "lanes": walkLanes,
	})
	if err != nil {
		w.Fatal(err)
	}
	if contacts == nil {
		asked = []byte(strings.Replace(string(asked), `"contacts":null`, `"contacts":[]`, 1))
	}
	text, err := w.rdb.Eval(w.Context(), lookScript, []string{w.tag}, asked).Text()
	if err != nil {
		w.Fatal(err)
	}
	var s still
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		w.Fatal(err)
	}
	for _, v := range w.contacts {
		if c := s.Contacts[v.id]; c["state"] == "offered" || c["state"] == "transferring" {
			v.offer[0] = c["offer"]
			if w.model != nil {
				v.offer[1] = w.model.offerOf(v.id)
			}
		}
	}
	return s
}

// differs names what is not as it was, "" when everything is. Timers of who is looked at may begin anew.
func (s still) differs(t still) string {
	for id, c := range s.Contacts {
		if !maps.Equal(c, t.Contacts[id]) {
			return fmt.Sprint(id, ": ", t.Contacts[id], " to ", c)
		}
	}
	for id, a := range s.Advisers {
		if !maps.Equal(a, t.Advisers[id]) {
			return fmt.Sprint(id, ": ", t.Advisers[id], " to ", a)
		}
	}
	switch {
	case len(s.Contacts) != len(t.Contacts) || len(s.Advisers) != len(t.Advisers):
		return "who there is"
	case !maps.EqualFunc(s.Sets, t.Sets, slices.Equal):
		return fmt.Sprint("sets: ", t.Sets, " to ", s.Sets)
	case !maps.EqualFunc(s.Classes, t.Classes, maps.Equal) || !maps.Equal(s.Counts, t.Counts):
		return fmt.Sprint("classes: ", t.Classes, " to ", s.Classes)
	case !maps.EqualFunc(s.Serve, t.Serve, maps.Equal):
		return "the order of choice"
	case !maps.Equal(s.Reserved, t.Reserved) || !maps.Equal(s.Danger, t.Danger) || !maps.Equal(s.Numbers, t.Numbers):
		return "reservations, danger or numbers"
	case !maps.Equal(s.Timers, t.Timers):
		return fmt.Sprint("timers: ", t.Timers, " to ", s.Timers)
	}
	return ""
}

func (s still) timed(kind, id string) bool {
	_, found := s.Timers[kind+"|"+id]
	return found
}

// leased tells whether a socket stands at a node whose lease runs, or waits for the sweep that takes it
// down because the lease was over.
func (s still) leased(kind, id, node, mark string) bool {
	socket := kind + "|" + id + "|" + mark
	for key, set := range s.Sets {
		name, sockets := strings.CutPrefix(key, ":n:")
		kept := name == node && s.timed("node", node) || s.timed("evicted", name)
		if sockets && kept && slices.Contains(set, socket) {
			return true
		}
	}
	return false
}

func classOf(c map[string]string) string {
	k := c["group"] + "|" + c["lane"]
	if c["channel"] == "callback" {
		k += "|call"
	}
	return k
}

func score(text string) int64 {
	f, _ := strconv.ParseFloat(text, 64)
	return int64(f)
}

// waiting gives who stands in a class, by arrival, then id.
func (s still) waiting(class string) []string {
	ids := slices.Collect(maps.Keys(s.Classes[class]))
	slices.SortFunc(ids, func(a, b string) int {
		x, y := score(s.Classes[class][a]), score(s.Classes[class][b])
		if x != y {
			return int(x - y)
		}
		return strings.Compare(a, b)
	})
	return ids
}

// standing tells who is excluded from a contact and whether that counts: while somebody else serves.
func (s still) standing(c map[string]string, now int64) map[string]bool {
	out := map[string]bool{}
	words := strings.Fields(c["excluded"])
	for i := 0; i+1 < len(words); i += 2 {
		if number(words[i+1]) > now {
			out[words[i]] = true
		}
	}
	for a := range s.Serve[c["group"]] {
		if !out[a] {
			return out
		}
	}
	return map[string]bool{}
}
