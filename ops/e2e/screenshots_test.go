//go:build screenshots

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots writes a picture of every state of every page into the folder SHOTS, light and dark,
// on a phone and on a desk, in the languages of TONGUES (en); STORY names those to tell.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		t.Fatal("set SHOTS to a folder")
	}
	tongues := strings.Split(os.Getenv("TONGUES"), ",")
	if tongues[0] == "" {
		tongues = []string{"en"}
	}
	for _, lang := range tongues {
		folder := filepath.Join(dir, lang)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		s := raise(t, lang)
		s.look = func(name string, p *tab) {
			own := s.screenOf(p)
			for screen, size := range map[string][2]int64{"phone": {360, 740}, "desk": {1280, 800}} {
				p.do(chromedp.EmulateViewport(size[0], size[1]))
				var tall int64
				if err := s.read(p, `Math.min(document.scrollingElement.scrollHeight, 2600)`, &tall); err != nil {
					t.Fatal(err)
				}
				p.do(chromedp.EmulateViewport(size[0], max(tall, size[1])))
				for _, scheme := range []string{"light", "dark"} {
					p.scheme(scheme)
					p.shoot(filepath.Join(folder, name+"-"+screen+"-"+scheme+".png"))
				}
			}
			p.scheme("light")
			p.do(own)
		}
		for _, tale := range stories {
			if only := os.Getenv("STORY"); only == "" || slices.Contains(strings.Split(only, ","), tale.name) {
				s.tell(tale)
			}
		}
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
