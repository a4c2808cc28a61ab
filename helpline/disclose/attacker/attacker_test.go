package attacker

import (
	"fmt"
	"testing"
)

// TestAttackerIsNoFool: where the gate is left out, the attacker finds people.
func TestAttackerIsNoFool(t *testing.T) {
	t.Parallel()
	table := func(name string, total int, cells string) []byte {
		return fmt.Appendf(nil, `{"table":%q,"period":"2026Q1","base":5,"total":{"count":%d},"cells":[%s]}`, name, total, cells)
	}
	for name, texts := range map[string][][]byte{
		"all but one are full": {table("topic", 20, `{"topic_group":"legal","count":0},{"topic_group":"work","count":0},{"topic_group":"other","count":0},{"topic_group":"safety","count":0}`)},
		"a part larger than its whole": {
			table("language", 20, `{"language":"fi","count":15},{"language":"sv","count":5}`),
			table("channel_language", 20, `{"channel":"phone","language_group":"sv","count":10},{"channel":"sms","language_group":"sv","count":0},{"channel":"sms","language_group":"fi","count":15}`),
		},
		"a base that rounds nothing": {[]byte(`{"table":"topic","period":"2026Q1","base":1,"total":{"count":20},"cells":[{"topic_group":"legal","count":20}]}`)},
		"two draws of one subset":    {table("topic", 5, `{"topic_group":"legal","count":5}`), table("topic", 5, `{"topic_group":"legal","count":10}`)},
	} {
		if names, err := Attack(texts); err != nil || len(names) == 0 {
			t.Errorf("%s: found %v, %v", name, names, err)
		}
	}
}
