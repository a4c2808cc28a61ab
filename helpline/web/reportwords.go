package web

import (
	"strings"

	"adviceline/helpline/disclose"
)

// title names a table by its dimensions; its population stands above it.
func (v view) title(table string) string {
	plan, err := disclose.Find(table)
	if err != nil {
		return table
	}
	var names []string
	for _, d := range plan.Dims {
		names = append(names, v.say("rp.dim_"+d.Name, nil))
	}
	return strings.Join(names, " × ")
}

// label names a code of a dimension: by its list, else by words of the pages.
func (v view) label(d disclose.Dimension, code string) string {
	if text := d.Label(code, v.Lang); text != code {
		return text
	}
	if _, ours := v.pages.words[v.Lang].forms["rp.code_"+code]; ours {
		return v.say("rp.code_"+code, nil)
	}
	return code
}

// period names a period.
func (v view) period(p disclose.Period) string {
	if len(p) != len("2026Q1") {
		return strings.ReplaceAll(string(p), "-", "–")
	}
	id := "rp.quarter"
	if p[4] == 'H' {
		id = "rp.half"
	}
	return v.say(id, map[string]any{"Year": string(p[:4]), "Part": string(p[5:])})
}

func (v view) method() []string {
	return []string{v.say("rp.method_unit", nil), v.say("rp.method_round", nil), v.say("rp.method_gate", nil), v.say("rp.method_frozen", nil)}
}

// reportWords are what a workbook says in a language.
func (p *Pages) reportWords(lang string) disclose.Words {
	v := view{pages: p, Lang: lang}
	return disclose.Words{
		Language: lang, Title: v.title, Label: v.label, Heads: func(d string) string { return v.say("rp.dim_"+d, nil) },
		Figures: [3]string{v.say("rp.figure", nil), v.say("rp.low", nil), v.say("rp.high", nil)}, Total: v.say("rp.total", nil),
		Method: v.method(), Withheld: v.say("rp.withheld", nil), Reason: v.say("rp.reason", nil),
	}
}

// Forms are the forms in which a table can be had, each by what stands behind its name.
func (v view) Forms() []Choice { return []Choice{{"", "JSON"}, {".csv", "CSV"}, {".xlsx", "XLSX"}} }

// DownloadOf names a link to a form of a table.
func (v view) DownloadOf(form, title string) string {
	return v.say("rp.download", map[string]any{"What": form + ", " + title})
}
