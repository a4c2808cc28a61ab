package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// publish puts a quarter into the store as a release would: figures of one and of two dimensions, and a table that is
// withheld.
func (h *house) publish(period string) {
	h.t.Helper()
	figure := `"count":%d,"low":%d,"high":%d}`
	report := func(table string, dims []string, cells ...[]string) string {
		var all []string
		for i, codes := range cells {
			n := 5 * i
			var b strings.Builder
			for j, code := range codes {
				fmt.Fprintf(&b, "%q:%q,", dims[j], code)
			}
			all = append(all, "{"+b.String()+fmt.Sprintf(figure, n, max(0, n-4), n+4))
		}
		return fmt.Sprintf(`{"table":%q,"period":%q,"method":"m","base":5,"total":{`+figure+`,"cells":[%s]}`, table, period, 120, 116, 124, strings.Join(all, ","))
	}
	conn := h.postgres("adviceline")
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	for table, text := range map[string]any{
		"": nil, "weekday": nil,
		"topic":     report("topic", []string{"topic_group"}, []string{"legal"}, []string{"services"}, []string{"not_known"}),
		"length":    report("length", []string{"length_bucket"}, []string{"m0_5"}, []string{"m5_15"}, []string{"not_answered"}),
		"form":      report("form", []string{"form_group"}, []string{"labour"}, []string{"not_known"}),
		"wait_lane": report("wait_lane", []string{"wait_bucket", "lane"}, []string{"m0_1", "danger"}, []string{"m0_1", "ordinary"}, []string{"m60_plus", "continuation"}),
	} {
		const query = `INSERT INTO report (period, tab, json, csv) VALUES ($1, $2, $3, $3) ON CONFLICT DO NOTHING`
		var body []byte
		if text != nil {
			body = []byte(text.(string))
		}
		if _, err := conn.Exec(ctx, query, period, table, body); err != nil {
			h.t.Fatal(err)
		}
	}
}

// count puts sums of a quarter that no release has taken up into the counters.
func (h *house) count(period string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	const query = `
INSERT INTO counter (period, tab, cell, count)
SELECT $1, t, c, n FROM unnest('{topic,topic,assessment,weekday,weekday}'::text[], '{legal,services,unlikely,mon,tue}'::text[], '{23,4,27,44,16}'::int[]) AS u (t, c, n)
ON CONFLICT DO NOTHING`
	if _, err := h.postgres("adviceline").Exec(ctx, query, period); err != nil {
		h.t.Fatal(err)
	}
}

// reportsStory is a supervisor's way from the board to a published quarter.
func reportsStory(s *stage) {
	s.Helper()
	password := s.h.supervisor("Tilda", s.lang)
	p := s.visitDesk("Tilda", "/board")
	p.write("name", "Tilda")
	p.write("password", password)
	p.click("sign-in")
	p.until("has figures", `document.querySelector('[data-test="tile-waiting"]')`)
	p.click("reports")
	p.until("says that nothing is published", `document.title && !document.querySelector('[data-test="period-2025Q1"]') && document.querySelector('.plain-list')`)
	s.at("none", p)
	s.h.count("2025Q2")
	s.h.publish("2025Q1")
	s.h.publish("2025H1")
	p.eval(`(location.assign("/board/reports"), true)`)
	p.until("lists the periods", `document.querySelector('[data-test="period-2025H1"]') && document.querySelector('[data-test="inside-topic"]')`)
	s.at("periods", p)
	p.click("period-2025Q1")
	p.until("shows tables", `document.querySelector('[data-test="table-wait_lane"]') && document.querySelector('[data-test="withheld"]')`)
	s.at("period", p)
	p.click("proof")
	p.until("shows the stores", `document.querySelector('[data-test="stores"]') && document.querySelector('[data-test="flushed"]')`)
	s.at("proof", p)
}
