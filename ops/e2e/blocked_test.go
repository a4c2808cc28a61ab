package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// blocked is the proxy of an organisation that lets no WebSocket through, before several nodes: each
// request goes to the next node, as a balancer does.
type blocked struct {
	*httptest.Server
	nodes []*httputil.ReverseProxy
	hold  bool // an upgrade gets no answer; else 403

	mu   sync.Mutex
	next int
	met  map[string]int // "path node", and "upgrade"
}

// behind starts the proxy first: the nodes have to know its origin.
func behind(t *testing.T, n int, hold bool, set settings) (*blocked, *nodes) {
	t.Helper()
	b := &blocked{hold: hold, met: map[string]int{}}
	b.Server = httptest.NewServer(b)
	t.Cleanup(func() {
		b.CloseClientConnections()
		b.Close()
	})
	mine := settings{"PUBLIC_ORIGINS": b.URL}
	for k, v := range set {
		mine[k] = v
	}
	s := several(t, n, mine)
	for _, h := range s.each {
		to, err := url.Parse(h.origin())
		if err != nil {
			t.Fatal(err)
		}
		b.nodes = append(b.nodes, &httputil.ReverseProxy{
			Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		})
	}
	return b, s
}

func (b *blocked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		b.note("upgrade")
		if b.hold {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusForbidden)
		return
	}
	b.mu.Lock()
	i := b.next % len(b.nodes)
	b.next++
	b.mu.Unlock()
	b.note(fmt.Sprint(r.URL.Path, " ", i))
	b.nodes[i].ServeHTTP(w, r)
}

func (b *blocked) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.met[what]++
}

func (b *blocked) count(what string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for k, v := range b.met {
		if strings.HasPrefix(k, what) {
			n += v
		}
	}
	return n
}

// front is the line as people see it through the proxy.
func (b *blocked) front(s *nodes) *house {
	return &house{t: s.t, addr: strings.TrimPrefix(b.URL, "http://")}
}

// TestPagesGoOnWithoutWebSockets: a whole conversation in a browser, both sides behind a proxy that lets
// no WebSocket through, two nodes behind it that share the requests.
func TestPagesGoOnWithoutWebSockets(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]bool{"refused": false, "held": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := behind(t, 2, hold, settings{"OFFER_SECONDS": "300"})
			chatBehind(t, b, s)
			for _, path := range []string{"/api/v1/contact/frames", "/api/v1/console/frames"} {
				for i := range b.nodes {
					if b.count(fmt.Sprint(path, " ", i)) == 0 {
						t.Errorf("node %d had no post to %s", i, path)
					}
				}
			}
			if b.count("upgrade") == 0 {
				t.Error("nobody tried a socket")
			}
			for _, h := range s.each {
				for _, private := range []string{"hei-", "vastaus-", "taas-"} {
					if strings.Contains(string(h.out.bytes()), private) {
						t.Error("a log holds what was said")
					}
				}
			}
		})
	}
}

// hasty makes a page renew its stream every two seconds instead of every forty minutes.
const hasty = `(() => { const real = window.setTimeout; window.__renewed = 0;
window.setTimeout = (f, ms, ...a) => ms === 2400000 ? real(() => { window.__renewed++; f(); }, 2000) : real(f, ms, ...a); })();`

// prepared runs a script in a page before its own.
func prepared(script string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return chromedp.Void{}, err
	}
}

// chatBehind is the conversation: both pages are loaded anew in the middle of it.
func chatBehind(t *testing.T, b *blocked, s *nodes) {
	t.Helper()
	chrome, front := browser(t), b.front(s)
	aino := console(chrome, t, front, "aino", s.each[0].adviser("aino", "en", 2), prepared(hasty))
	aino.ready()
	emil := visit(chrome, t, "emil", front.origin()+"/en", prepared(hasty))
	emil.click("asks-work")
	emil.choose("talk-language", "en")
	emil.click("start-chat")
	emil.state("waiting")
	token := emil.admitted().Token
	emil.say("hei-0")
	aino.until("has the offer", `document.querySelector('[data-test="offer-accept"]')`)
	aino.click("offer-accept")
	emil.state("active")
	aino.reads("contact", "hei-0")
	for k := 1; k < 6; k++ {
		emil.say(fmt.Sprint("hei-", k))
		aino.say(fmt.Sprint("vastaus-", k))
	}
	for k := 1; k < 6; k++ {
		aino.reads("contact", fmt.Sprint("hei-", k))
		emil.reads("adviser", fmt.Sprint("vastaus-", k))
	}
	shown := `[...document.querySelectorAll('[data-test="message"][data-from="%s"] .said')].map((e) => e.textContent).join() === %q`
	aino.until("has the contact's words in order", fmt.Sprintf(shown, "contact", "hei-0,hei-1,hei-2,hei-3,hei-4,hei-5"))
	emil.until("has the adviser's words in order", fmt.Sprintf(shown, "adviser", "vastaus-1,vastaus-2,vastaus-3,vastaus-4,vastaus-5"))
	emil.until("has sent all", `!document.querySelector('.pending')`)
	for _, p := range []*tab{aino, emil} {
		p.until("has renewed its stream twice", `window.__renewed > 1`)
	}
	if !emil.is(`document.querySelectorAll('[data-test="messages"] > .event').length < 2`) {
		t.Errorf("emil was told more than that somebody joined:\n%s", emil.page())
	}
	emil.say("hei-6")
	aino.reads("contact", "hei-6")

	aino.do(chromedp.Navigate(front.origin() + "/console"))
	aino.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	aino.reads("contact", "hei-5") // the leg is there again, and what was said
	// The phone threw the page away while it was hidden: it left its token behind.
	emil.do(prepared(fmt.Sprintf(`sessionStorage.setItem("k", %q)`, token)))
	emil.do(chromedp.Navigate(front.origin() + "/en"))
	emil.click("continue")
	emil.state("active")
	emil.say("taas-1")
	aino.reads("contact", "taas-1")
	aino.say("taas-2")
	emil.reads("adviser", "taas-2")

	aino.click("end")
	aino.click("end")
	emil.state("ended")
	aino.form("cross_border", "unlikely", "student_research", "handoff_started")
	if n := len(aino.frames("welcome")) + len(emil.frames("welcome")); n != 0 {
		t.Errorf("%d sockets came through", n)
	}
	eventually(t, patience, "no stream of the contact is left", func() bool {
		return s.each[0].metric("adviceline_sockets", `side="contact"`)+s.each[1].metric("adviceline_sockets", `side="contact"`) == 0
	})
}
