package web

import "adviceline/helpline"

// Handed renders what a receiver sees.
func (p *Pages) Handed(lang string, d HandData) []byte {
	html, err := p.execute("handed.html", view{pages: p, Lang: lang, Handed: d})
	if err != nil {
		panic(err) // as in must
	}
	return html
}

// tryHanded renders the page with every word that it can show, in every language.
func (p *Pages) tryHanded() error {
	open := HandData{Key: "k", Reasons: []Choice{{}}}
	for field, codes := range helpline.SafeCodes() {
		for _, code := range codes {
			open.Safe = append(open.Safe, SafeRow{"sc." + field, "sc." + field + "_" + code})
		}
	}
	list := []HandData{{Lost: true}, {Shut: true}, {Fault: "hp.wrong"}, {Fault: "hp.reopen"}, {Key: "k", None: true, Gone: true}}
	for step := range said {
		open.Steps = append(open.Steps, step)
		list = append(list, HandData{Said: "hp.said_" + step})
	}
	for _, lang := range p.lexicon.pages {
		for _, d := range append(list, open) {
			if _, err := p.execute("handed.html", view{pages: p, Lang: lang, Handed: d}); err != nil {
				return err
			}
		}
	}
	return nil
}
