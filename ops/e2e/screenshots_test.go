//go:build screenshots

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots writes pictures of both pages, on a phone and on a desk, into the folder SHOTS.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		t.Fatal("set SHOTS to a folder")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "120"})
	password := h.adviser("Aino", "fi,sv,en", 3)
	for _, size := range []struct {
		name   string
		screen chromedp.Action[chromedp.Void]
	}{
		{"phone", chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch)},
		{"desktop", chromedp.EmulateViewport(1280, 800)},
	} {
		shot := func(p *tab, name string) {
			t.Helper()
			p.shoot(filepath.Join(dir, size.name+"-"+name+".png"))
		}
		signIn := visit(chrome, t, "sign-in", h.origin()+"/console", size.screen)
		signIn.until("shows the form", `document.querySelector('[data-test="sign-in"]').offsetParent`)
		shot(signIn, "console-sign-in")

		person := visit(chrome, t, "contact", h.origin()+"/", size.screen)
		shot(person, "contact-start")
		person.click("asks-work")
		shot(person, "contact-work")
		person.choose("talk-language", "fi")
		person.click("start-chat")
		person.state("waiting")
		person.say("Hei, meillä on täällä asiakas, jonka passi on työnantajalla.")
		shot(person, "contact-waiting")

		desk := console(chrome, t, h, "Aino", password, size.screen)
		desk.ready()
		desk.offer(1)
		shot(desk, "console-offer")
		desk.click("offer-accept")
		person.state("active")
		desk.say("Hei! Voin neuvoa. Onko asiakas nyt turvassa?")
		person.reads("adviser", "Hei! Voin neuvoa. Onko asiakas nyt turvassa?")
		person.say("On, hän istuu vieressäni.")
		desk.reads("contact", "On, hän istuu vieressäni.")
		shot(person, "contact-chat")
		shot(desk, "console-chat")

		desk.click("end")
		desk.click("end")
		person.state("ended")
		shot(person, "contact-ended")
		desk.choose("topic", "make_proposal")
		desk.click("outcome-advice_given")
		shot(desk, "console-outcome")
		desk.click("outcome-save")
		desk.until("has recorded", `!document.querySelector('[data-test="leg"]')`)
		desk.click("duty-off")
		shot(desk, "console-off")
	}
}

// shoot writes a picture of the screen as it is.
func (p *tab) shoot(path string) {
	p.t.Helper()
	image, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("take picture: %v", err)
	}
	if err := os.WriteFile(path, image, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
