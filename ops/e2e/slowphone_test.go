//go:build slowphone

package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// slowNet and slowMachine are the least phone that the contact page is made for: "Slow 3G" as browsers' own tools
// have it (400 kbit/s, 2 s for every answer), and a processor six times slower.
func slowNet(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
	_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: 2000, DownloadThroughput: 50_000, UploadThroughput: 50_000}},
	})
	return chromedp.Void{}, err
}

func slowMachine(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
	_, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 6})
	return chromedp.Void{}, err
}

// takenOver notes when the page's script has begun its work.
const takenOver = `new MutationObserver(() => { const e = document.getElementById("exit-explain");
	if (e && !e.hidden && !window.__taken) window.__taken = performance.now(); }).observe(document, {subtree: true, attributes: true, attributeFilter: ["hidden"]})`

// TestSlowPhone measures, and asserts no time: when the choices can be read and sent (which works before the script
// is there), and when the script has taken over.
func TestSlowPhone(t *testing.T) {
	chrome := browser(t)
	h := open(t, nil)
	for range 5 {
		p := visit(chrome, t, "slow", h.origin()+"/", phone, slowNet, slowMachine, prepared(takenOver))
		p.until("runs its script", `!document.getElementById("exit-explain").hidden`)
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		ms, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`[performance.getEntriesByName("first-contentful-paint")[0].startTime,
			window.__taken]`))
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("choices on the screen after %.1f s, script at work after %.1f s", ms[0]/1000, ms[1]/1000)
	}
}
