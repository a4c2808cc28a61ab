package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// inSight tells whether Exit lies within what is seen of the page, large enough for a finger and over everything else.
const inSight = `(() => { const e = document.querySelector('[data-test="exit"]'), b = e.getBoundingClientRect(), v = window.visualViewport, near = 1;
	return b.left >= v.offsetLeft - near && b.top >= v.offsetTop - near && b.right <= v.offsetLeft + v.width + near && b.bottom <= v.offsetTop + v.height + near &&
		b.width * v.scale >= 44 && b.height * v.scale >= 43.5 && e.contains(document.elementFromPoint(b.left + b.width / 2, b.top + b.height / 2)); })()`

// TestExitStaysInSight: Exit can be pressed while one writes on the narrowest screen with a keyboard below, and in every
// corner of a page that two fingers have enlarged to 400 per cent.
func TestExitStaysInSight(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, nil)
	narrow := func(height int64) chromedp.Action[chromedp.Void] {
		return chromedp.EmulateViewport(320, height, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p := visit(chrome, t, "person", h.origin()+"/en", narrow(568))
	p.click("asks-help")
	p.click("start-chat")
	p.state("waiting")
	for range 6 {
		p.say("a line that takes more than one row of a narrow screen")
	}
	p.do(chromedp.Focus(named("text"), chromedp.NodeVisible))
	p.do(narrow(256)) // what a keyboard leaves
	p.until("has the text box in focus, the newest line in sight and Exit over it", `document.activeElement.id === "text" && scrollY > 0 && `+inSight)
	p.do(narrow(568))
	p.zoom(4)
	for _, at := range []string{`document.getElementById("text")`, `document.getElementById("heading")`, `document.getElementById("write-now")`} {
		p.eval(`(() => { const e = ` + at + `; e.focus(); e.scrollIntoView({block: "center", inline: "end"}); return visualViewport.scale > 3.5; })()`)
		p.until("has Exit in sight at "+at, inSight)
	}
	p.eval(`(document.querySelector('[data-test="exit"]').click(), true)`)
	p.until("is gone", `location.pathname === "/blank"`)
}

// zoom enlarges the page as two fingers do.
func (p *tab) zoom(times float64) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetPageScaleFactor, emulation.SetPageScaleFactorParams{PageScaleFactor: times})
		return chromedp.Void{}, err
	})
	p.until("is enlarged", "visualViewport.scale > 3.5")
}
