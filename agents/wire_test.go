package agents

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/gorilla/websocket"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/helpline/wire"
	"adviceline/helpline/wire/wiretest"
)

// What the console's socket says it speaks. Every frame of this package's tests is held against it.
var (
	openAPI       = wiretest.Must(wiretest.NewHTTP(wire.OpenAPI()))
	consoleSocket = wiretest.Must(wiretest.NewSocket(wire.AsyncAPI(), "console"))
)

// elsewhere is what is documented and not met by the tests of this package, and why.
var elsewhere = map[string]string{
	"close 1003":        "package socket sends the binary frame",
	"close 1009":        "package socket sends the long frame",
	"close 4409":        "package socket waits for the pongs",
	"consoleSocket 400": "package socket asks for no upgrade",
	"consoleSocket 403": "package web looks at Origin before this one is asked",
	"consoleSocket 429": "package web counts the upgrades before this one is asked",
}

// whole runs the tests, then asks what of the documents never happened.
func whole(m *testing.M) wiretest.Main {
	return wiretest.Main{Tests: m, Elsewhere: elsewhere, Left: func() []string {
		return append(consoleSocket.Unmet(), openAPI.Unmet("consoleSocket")...)
	}}
}

// shaken holds a handshake against the OpenAPI document.
func shaken(t *testing.T, res *http.Response) {
	t.Helper()
	x := wiretest.Exchange{Method: "GET", Template: "/api/v1/console/socket", Status: res.StatusCode, Header: res.Header}
	if res.StatusCode != http.StatusSwitchingProtocols {
		x.Body, _ = io.ReadAll(res.Body)
	}
	if err := openAPI.Check(x); err != nil {
		t.Errorf("not as openapi.json has it: %v", err)
	}
}

// told holds one frame of the server against the AsyncAPI document.
func (p *page) told(frame []byte) {
	p.Helper()
	if err := consoleSocket.Told(frame); err != nil {
		p.Errorf("not as asyncapi.json has it: %v", err)
	}
	var f struct{ Type string }
	if _ = json.Unmarshal(frame, &f); f.Type == "welcome" && p.odd != nil {
		p.Errorf("the server takes a hello that asyncapi.json refuses: %v", p.odd)
	}
}

// fared holds the frame that f answers against the document: taken by both or by neither.
func (p *page) fared(f object) {
	p.Helper()
	refused := f["type"] == "error" && slices.Contains([]any{"malformed", "unknown_type", "invalid_value"}, f["code"])
	switch {
	case refused && p.odd == nil:
		p.Errorf("asyncapi.json takes a frame that the server refuses with %v", f)
	case f["type"] != "error" && p.odd != nil:
		p.Errorf("the server takes a frame that asyncapi.json refuses: %v", p.odd)
	}
}

// ended holds a close against the document.
func (p *page) ended(err error) {
	p.Helper()
	if e, ok := errors.AsType[*websocket.CloseError](err); ok {
		if err := consoleSocket.Closed(e.Code, e.Text); err != nil {
			p.Error(err)
		}
	}
}

func TestStepsAreDocumented(t *testing.T) {
	t.Parallel()
	want := slices.Sorted(maps.Keys(steps))
	want = append(want, "hello")
	slices.Sort(want)
	if got := consoleSocket.Reads(); !slices.Equal(got, want) {
		t.Errorf("documented: %v\nread: %v", got, want)
	}
}

// TestShapesAreDocumented holds our structs against the document, so that a member that no test
// happens to leave out or to send is seen too.
func TestShapesAreDocumented(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"consoleHello": helloFrame{}, "consoleDuty": dutyFrame{}, "consoleAudible": audibleFrame{}, "consoleAccept": acceptFrame{},
		"consoleDecline": declineFrame{}, "consoleSay": sayFrame{}, "consoleTyping": typingFrame{}, "consoleEnd": endFrame{},
		"consoleHandover": handoverFrame{}, "consoleTransfer": transferFrame{}, "consoleTake": takeFrame{}, "consolePark": parkFrame{},
		"consoleDanger": dangerFrame{}, "consoleDraft": draftFrame{}, "consoleOutcome": outcomeFrame{}, "Outcome": codes.Answers{}, "Draft": codes.Answers{},
		"consoleReveal": revealFrame{}, "consoleAttempt": attemptFrame{}, "consoleStop": stopFrame{}, "consoleCallbacks": callbacksFrame{},
		"consoleRelease": releaseFrame{},
		"consoleMatter":  matterFrame{}, "consoleCard": cardFrame{}, "Card": codes.Card{}, "consoleInterpreter": interpreterFrame{},
		"consoleExternal": externalFrame{}, "WishedCallback": wishedCallback{}, "consoleOverview": overviewFrame{}, "consoleHeavy": heavyFrame{},
		"ReferralOpen": referralOpen{}, "ReferralLook": referralLook{}, "ReferralClaim": referralOne{}, "ReferralConsent": referralConsent{},
		"ReferralWrite": referralWrite{}, "ReferralSend": referralOne{}, "ReferralAct": referralAct{}, "ReferralNote": referralNote{},
		"ReferralReceipt": referralReceipt{}, "ReferralCode": referralOne{}, "ReferralWithdraw": referralWithdraw{},
		"consoleReferral": referralHead{}, "consoleReferrals": referralsFrame{}, "consoleDisclosure": disclosureFrame{}, "Safe": helpline.Safe{},
	} {
		want, _ := wiretest.Shape(v)
		if got, _ := consoleSocket.Fields(name); !slices.Equal(got, want) {
			t.Errorf("%s has %v, documented %v", name, want, got)
		}
	}
	for name, v := range map[string]any{
		"consoleWelcome": welcomeFrame{}, "consoleDutyAnswer": dutyAnswer{}, "consoleRevoked": revokedFrame{}, "consoleEnding": endingFrame{}, "consoleListener": listenerFrame{},
		"consoleReconnect": reconnectFrame{}, "consoleError": errorFrame{}, "Owed": owedForm{}, "Outcome": codes.Answers{},
		"consoleList": listFrame{}, "Colleague": colleague{}, "Parked": parkedLeg{},
		"consoleNumber": numberFrame{}, "consoleAttempted": attemptedFrame{}, "consoleCallbackList": callbacksAnswer{},
		"consoleOverviewAnswer": overviewAnswer{}, "Undone": undone{}, "BookedCallback": bookedCallback{},
		"consoleCallback": callbackFrame{}, "CallbackLine": callbackLine{}, "consoleReleased": releasedFrame{},

		"consoleCardAnswer": cardAnswer{}, "consoleCarded": cardedFrame{}, "Card": codes.Card{}, "consoleInterpreterAnswer": interpreterAnswer{},
		"consoleReferralAnswer": referralAnswer{}, "consoleReferralList": referralsAnswer{}, "ReferralLine": referralLine{},
		"ReferralHop": referralHop{}, "ReferralAction": helpline.Action{}, "ConsentAnswer": helpline.Consent{}, "consoleDisclosed": disclosedFrame{},
	} {
		want, always := wiretest.Shape(v)
		if got, required := consoleSocket.Fields(name); !slices.Equal(got, want) || !slices.Equal(required, always) {
			t.Errorf("%s has %v, always %v; documented %v, %v", name, want, always, got, required)
		}
	}
	// Structs that serve more than one message: what a message adds or leaves out is named.
	for name, c := range map[string]struct {
		v       any
		without []string
		always  []string
	}{
		"consoleOpened": {v: openedFrame{}, always: []string{"ref", "type"}}, "Leg": {v: openedFrame{}, without: []string{"ref", "type"}},
		"consoleOffer": {v: offerFrame{}, always: []string{"type"}}, "Offer": {v: offerFrame{}, without: []string{"type"}},
		"consoleMessage": {v: messageFrame{}, always: []string{"contact", "type"}}, "Message": {v: messageFrame{}, without: []string{"contact", "type"}},
		"consoleContact":        {v: contactFrame{}, without: []string{"reason"}, always: []string{"state"}},
		"consoleLost":           {v: contactFrame{}, without: []string{"state", "held"}, always: []string{"reason"}},
		"consoleTransferred":    {v: contactFrame{}, without: []string{"state", "reason", "held"}},
		"consoleTransferFailed": {v: contactFrame{}, without: []string{"state", "held"}, always: []string{"reason"}},
		"consoleExternalAnswer": {v: externalAnswer{}, always: []string{"type"}},
		"External":              {v: externalAnswer{}, without: []string{"callback", "ref", "type"}},
		"consoleAlarm":          {v: alarmFrame{}, always: []string{"type"}}, "Danger": {v: alarmFrame{}, without: []string{"ref", "type"}},
	} {
		want, always := wiretest.Shape(c.v)
		want = slices.DeleteFunc(want, func(s string) bool { return slices.Contains(c.without, s) })
		always = append(always, c.always...)
		slices.Sort(always)
		if got, required := consoleSocket.Fields(name); !slices.Equal(got, want) || !slices.Equal(required, always) {
			t.Errorf("%s has %v, always %v; documented %v, %v", name, want, always, got, required)
		}
	}
}
