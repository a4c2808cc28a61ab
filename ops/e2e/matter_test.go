package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestMatterAndInterpreterInTheBrowser: somebody who speaks Somali comes to a line that nobody staffs in it, is
// greeted in it and told of the interpreter, and takes the matter number; the next day's adviser opens the card.
func TestMatterAndInterpreterInTheBrowser(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, nil)
	password := h.adviser("aino", "fi", 2)
	aino := console(chrome, t, h, "aino", password)
	aino.ready()

	sanna := visit(chrome, t, "sanna", h.origin()+"/en")
	sanna.click("asks-help")
	sanna.choose("talk-language", "so")
	sanna.click("start-chat")
	sanna.state("waiting")
	aino.offer(1)
	aino.click("offer-accept")
	sanna.state("active")
	sanna.until("is greeted in Somali", `document.querySelector('[data-test="messages"]').textContent.includes("turjubaan")`)
	aino.until("sees that an interpreter is needed", `document.querySelector('[data-test="interpreter-more"]').open`)
	aino.choose("interpreter-state", "joined")
	sanna.until("is told of the interpreter", `document.querySelector('[data-test="messages"]').textContent.includes("An interpreter helps")`)

	aino.eval(`(document.querySelector('[data-test="card-more"]').open = true)`)
	aino.write("card-note", "Asked how to stay safe at work.")
	aino.click("card-write")
	aino.until("has a number to tell", `/\d\d \d\d \d\d \d\d/.test(document.querySelector('[data-test="card-told"]').textContent)`)
	sanna.until("is offered the number", `!document.getElementById("matter").hidden`)
	sanna.click("matter-take")
	sanna.until("sees the number", `/^\d\d \d\d \d\d \d\d$/.test(document.querySelector('[data-test="matter-number"]').textContent)`)
	number := sanna.text("matter-number")
	if told := aino.text("card-told"); !strings.Contains(told, number) {
		t.Errorf("the adviser was told %q, the person %q", told, number)
	}
	picture(sanna, "matter-contact")
	picture(aino, "matter-console")
	sanna.click("done")
	sanna.click("leave-yes")
	sanna.state("ended")
	picture(sanna, "matter-ended")
	aino.form("safe_return", "related", "bystander", "interpreter_booked")

	emil := visit(chrome, t, "emil", h.origin()+"/en")
	emil.click("asks-work")
	emil.choose("talk-language", "fi")
	emil.click("start-chat")
	aino.offer(2)
	aino.click("offer-accept")
	emil.state("active")
	aino.eval(`(document.querySelector('[data-test="card-more"]').open = true)`)
	aino.write("card-number", "00 00 00 00")
	aino.click("card-open")
	aino.until("is told that no card opens", `document.querySelector('[data-test="notice"]').textContent.includes("No card opens") || document.querySelector('[data-test="notice"]').textContent.includes("ei avaudu")`)
	aino.eval(`(document.querySelector('[data-test="card-number"]').value = "", true)`)
	aino.write("card-number", number)
	aino.click("card-open")
	aino.until("sees the card", `document.querySelector('[data-test="card-text"]') && document.querySelector('[data-test="card-text"]').textContent.includes("stay safe")`)
	picture(aino, "matter-opened")
	if emil.page() == "" {
		t.Error("no page")
	}
}

// picture keeps what a tab shows, for those who look at pages: in the folder PICTURES, when it is set.
func picture(p *tab, name string) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	image, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), image, 0o600)
	}
	if err != nil {
		p.t.Errorf("picture %s: %v", name, err)
	}
}
