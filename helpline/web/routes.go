package web

import (
	"fmt"
	"slices"
	"strings"

	"adviceline/helpline"
	docs "adviceline/helpline/wire"

	"github.com/labstack/echo/v4"
)

// permission is who may call a route.
type permission string

// The permissions. A token is checked by the step itself: every wrong one is the same not_found.
const (
	public     permission = "public"
	token      permission = "token"   // the contact's own, in header, hello or form field
	account    permission = "account" // anyone who is signed in
	adviser    permission = "adviser" // signed in, and the role
	supervisor permission = "supervisor"
	admin      permission = "admin"
)

// roles is which roles of an account open which permission. Nobody stands above: who keeps the
// accounts does not read conversations.
var roles = map[permission][]string{
	account:    {helpline.RoleAdviser, helpline.RoleSupervisor, helpline.RoleAdmin},
	adviser:    {helpline.RoleAdviser},
	supervisor: {helpline.RoleSupervisor},
	admin:      {helpline.RoleAdmin},
}

// route is one line of the table. What stays keeps its connection, as an upgrade or a stream: no
// timeout, Origin demanded. A form of the page without script may answer with a chat that stays; it has no
// use for cookies, and only foreign pages are refused.
type route struct {
	method  string
	path    string
	name    string
	allow   permission
	stays   string
	handler echo.HandlerFunc
}

const sessionPath = "/api/v1/session"

// table is every address of the house.
func (s *Server) table() []route {
	var out []route
	for _, lang := range s.pages.contact {
		out = append(out, route{"GET", s.pages.homeOf(lang), "contact-page", public, "", s.contactPage(lang)})
	}
	return slices.Concat(out, []route{
		{"POST", plainPath, "plain", public, "form", s.plain},
		{"GET", "/accessibility", "accessibility", public, "", s.accessibility},
		{"GET", "/:lang/accessibility", "accessibility", public, "", s.accessibility},
		{"POST", "/api/v1/contacts", "intake", public, "", s.intake},
		{"GET", "/api/v1/contact", "look", token, "", s.look},
		{"POST", "/api/v1/contact/callback", "convert", token, "", s.convert},
		{"POST", "/api/v1/contact/chat", "to-chat", token, "", s.toChat},
		{"POST", "/api/v1/contact/resume", "resume", public, "", s.resume},
		{"POST", "/api/v1/contact/matter", "matter", token, "", s.matter},
		{"POST", "/api/v1/contact/leave", "leave", token, "", s.leave},
		{"POST", "/api/v1/contact/feedback", "feedback", token, "", s.feedback},
		{"GET", "/api/v1/contact/socket", "conversation", token, "upgrade", s.conversation},
		{"GET", "/api/v1/contact/stream", "stream", token, "stream", s.contactStream},
		{"POST", "/api/v1/contact/frames", "frames", token, "", s.contactFrames},
		{"GET", "/api/v1/status", "status", public, "", s.status},
		{"POST", "/api/v1/console/ticket", "ticket", adviser, "", s.ticket},
		{"GET", "/api/v1/console/socket", "console-socket", public, "upgrade", s.consoleSocket},
		{"POST", "/api/v1/console/stream", "console-stream", public, "stream", s.consoleStream},
		{"POST", "/api/v1/console/frames", "console-frames", public, "", s.consoleFrames},
		{"GET", "/api/v1/contacts/:contact/decisions", "decisions", supervisor, "", s.decisions},
		{"GET", "/api/v1/roster", "roster", supervisor, "", s.showRoster},
		{"PUT", "/api/v1/roster", "roster-set", supervisor, "", s.setRoster},
		{"POST", "/api/v1/roster/import", "roster-import", supervisor, "", s.importRoster},
		{"GET", "/api/v1/board", "board", supervisor, "", s.showBoard},
		{"GET", "/api/v1/board/stream", "board-stream", supervisor, "events", s.streamBoard},
		{"POST", "/api/v1/board/actions", "board-action", supervisor, "", s.actOnBoard},
		{"POST", "/api/v1/board/ticket", "board-ticket", supervisor, "", s.ticket},
		{"GET", "/api/v1/board/listen", "listen", public, "upgrade", s.listen},
		{"GET", "/api/v1/board/hours/:theme", "board-chart", supervisor, "", s.chart},
		{"GET", "/api/v1/board/ratings", "board-ratings", supervisor, "", s.showRatings},
		{"GET", "/api/v1/board/ratings/:theme", "ratings-chart", supervisor, "", s.ratingsChart},
		{"GET", "/api/v1/board/night", "board-night", supervisor, "", s.showNight},
		{"GET", "/api/v1/advisers", "accounts", supervisor, "", s.showAccounts},
		{"POST", "/api/v1/advisers", "account-change", supervisor, "", s.changeAccounts},
		{"GET", "/api/v1/sheets/:sheet", "sheet", account, "", s.showSheet},
		{"PUT", "/api/v1/sheets/:sheet", "sheet-set", supervisor, "", s.setSheet},
		{"GET", "/api/v1/directory", "directory", account, "", s.showDirectory},
		{"PUT", "/api/v1/directory", directoryRoute, supervisor, "", s.setDirectory},
		{"PUT", "/api/v1/directory/:receiver", "receiver-set", supervisor, "", s.setReceiver},
		{"GET", "/api/v1/disclosures", "register", supervisor, "", s.showRegister},
		{"POST", "/api/v1/disclosures/:disclosure/seen", "disclosure-seen", supervisor, "", s.seeDisclosure},
		{"POST", "/api/v1/receipts", "partner", public, "", s.partner},
		{"GET", "/r/:token", "handed", public, "", s.showHanded},
		{"POST", "/r/:token", "handed-said", public, "", s.takeHanded},
		{"GET", "/p/:token", "page", public, "", s.askPage},
		{"POST", "/p/:token", "page-taken", public, "", s.takePage},
		{"GET", "/console", "console-page", public, "", s.consolePage},
		{"GET", "/board", "board-page", public, "", s.boardPage},
		{"GET", "/blank", "blank-page", public, "", s.blankPage},
		{"GET", "/static/*", "static", public, "", echo.WrapHandler(s.pages.StaticHandler())},
		{"GET", "/openapi.json", "openapi", public, "", document(docs.OpenAPI())},
		{"GET", "/asyncapi.json", "asyncapi", public, "", document(docs.AsyncAPI())},
	}, s.doors(), s.numbers(), s.work())
}

// doors is every address of signing in and of the screen's lock.
func (s *Server) doors() []route {
	return []route{
		{"POST", sessionPath, "sign-in", public, "", s.signIn},
		{"GET", sessionPath, "session", account, "", s.session},
		{"DELETE", sessionPath, "sign-out", public, "", s.signOut},
		{"POST", sessionPath + "/lock", "lock", account, "", s.lock},
		{"PUT", sessionPath + "/pin", "pin-set", account, "", s.setPin},
		{"POST", sessionPath + "/unlock", "unlock", account, "", s.unlock},
	}
}

// work is every address of what is left undone.
func (s *Server) work() []route {
	return []route{
		{"GET", "/board/work", "work-page", public, "", s.workPage},
		{"GET", "/api/v1/board/work", "work", supervisor, "", s.showWork},
		{"POST", "/api/v1/board/owed/:contact", "owed-finish", supervisor, "", s.finishForm},
		{"GET", "/api/v1/board/staffing", "staffing", supervisor, "", s.showStaffing},
		{"POST", "/api/v1/board/referrals/:referral/error", "referral-error", supervisor, "", s.mistakenReferral},
	}
}

// numbers is every address of statistics, of the proof of privacy and of the audit.
func (s *Server) numbers() []route {
	return []route{
		{"GET", "/api/v1/reports", "reports", supervisor, "", s.showPlan},
		{"GET", "/api/v1/reports/inside", "report-inside", supervisor, "", s.showInside},
		{"GET", "/api/v1/reports/pack", "report-pack", supervisor, "", s.showPack},
		{"GET", "/api/v1/reports/book", "report-book", supervisor, "", s.showBook},
		{"GET", "/api/v1/reports/:table", "report", supervisor, "", s.showReport},
		{"GET", "/privacy", "privacy", public, "", s.privacyPage},
		{"GET", "/:lang/privacy", "privacy", public, "", s.privacyPage},
		{"GET", "/api/v1/privacy", "proof", supervisor, "", s.showPrivacy},
		{"GET", "/board/privacy", "proof-page", supervisor, "", s.proofPage},
		{"GET", "/api/v1/audit", "audit", supervisor, "", s.showAudit},
		{"GET", "/board/reports", "reports-page", supervisor, "", s.reportsPage},
		{"GET", "/board/reports/:period", "period-page", supervisor, "", s.reportsPage},
	}
}

// allows says whether an account with these roles has the permission.
func (p permission) allows(have []string) bool {
	return slices.ContainsFunc(roles[p], func(r string) bool { return slices.Contains(have, r) })
}

// routeTable prints both tables for the golden file.
func (s *Server) routeTable() string {
	var b strings.Builder
	for _, r := range s.table() {
		line := fmt.Sprintf("%-6s %-26s %-14s %s %s", r.method, r.path, r.name, r.allow, r.stays)
		fmt.Fprintln(&b, strings.TrimSpace(line))
	}
	for _, p := range []permission{account, adviser, supervisor, admin} {
		fmt.Fprintf(&b, "%-10s %s\n", p, strings.Join(roles[p], " "))
	}
	return b.String()
}
