package web

import (
	"strings"
	"testing"
)

func TestDirectoryInAndOut(t *testing.T) {
	t.Parallel()
	h, s, _, _, _ := handing(t)
	as := func(who, method, body string, accept string) reply {
		h.do(t, call{"POST", "/api/v1/session", `{"name":"` + who + `","password":"right"}`, nil})
		headers := map[string]string{"Cookie": "adviceline=session-of-" + who, "Origin": h.URL}
		if accept != "" {
			headers["Accept"] = accept
		}
		return h.do(t, call{method, "/api/v1/directory", body, headers})
	}
	if r := as("adviser", "GET", "", ""); r.status != 200 || !strings.Contains(r.body, `"open_now":true`) || strings.Contains(r.body, "south@") {
		t.Errorf("%d %s", r.status, r.body)
	}
	file := as("adviser", "GET", "", "text/csv")
	if file.status != 200 || !strings.Contains(file.body, "'+358 9 555 0001") {
		t.Errorf("%d %s", file.status, file.body)
	}
	if r := as("adviser", "PUT", `{"csv":""}`, ""); r.status != 403 {
		t.Errorf("an adviser sets it: %d", r.status)
	}
	if r := as("supervisor", "PUT", `{"csv":"`+sentinel+`"}`, ""); r.status != 422 || r.field(t, "code") != "broken_directory" || strings.Contains(r.body, sentinel) {
		t.Errorf("%d %s", r.status, r.body)
	}
	csv := strings.ReplaceAll(strings.ReplaceAll(file.body, `"`, `\"`), "\n", `\n`)
	if r := as("supervisor", "PUT", `{"csv":"`+csv+`"}`, ""); r.status != 200 || r.body != `{"receivers":1}`+"\n" || s.receivers[0].Phone != "+358 9 555 0001" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := as("supervisor", "PUT", `{"csv":"`+strings.Replace(csv, "shelter.invalid", sentinel+" x", 1)+`"}`, ""); r.status != 422 || r.field(t, "field") != "service.email in line 2" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := as("supervisor", "PUT", `{"csv":1}`, ""); r.status != 400 {
		t.Errorf("%d", r.status)
	}
	headers := map[string]string{"Cookie": "adviceline=session-of-supervisor", "Origin": h.URL, "Content-Type": "text/csv"}
	large := file.body + strings.Repeat(strings.Replace(strings.SplitN(file.body, "\n", 3)[1], "south,", "x,", 1)+"\n", 200)
	for body, want := range map[string]int{file.body: 200, large: 422, large + strings.Repeat(" ", maxDirectory): 413} {
		if r := h.do(t, call{"PUT", "/api/v1/directory", body, headers}); r.status != want {
			t.Errorf("%d, want %d", r.status, want)
		}
	}
	headers["Content-Type"] = "text/plain"
	if r := h.do(t, call{"PUT", "/api/v1/directory", file.body, headers}); r.status != 415 {
		t.Errorf("%d", r.status)
	}
	s.away = true
	for method, body := range map[string]string{"GET": "", "PUT": `{"csv":"` + csv + `"}`} {
		if r := as("supervisor", method, body, ""); r.status != 503 {
			t.Errorf("%s: %d", method, r.status)
		}
	}
}

func TestOneReceiverIsKept(t *testing.T) {
	t.Parallel()
	h, s, _, _, _ := handing(t)
	put := func(who, id, body string) reply {
		h.do(t, call{"POST", "/api/v1/session", `{"name":"` + who + `","password":"right"}`, nil})
		return h.do(t, call{"PUT", "/api/v1/directory/" + id, body, map[string]string{"Cookie": "adviceline=session-of-" + who, "Origin": h.URL}})
	}
	const whole = `{"organization":"O","name":"N","kind":"shelter","email":"n@x.invalid","languages":["fi"],"minimum_age":18,"schedule":"24/7","status":"active","assured_date":"2026-11-02"}`
	if r := put("adviser", "west", whole); r.status != 403 {
		t.Errorf("an adviser keeps one: %d", r.status)
	}
	for range 2 {
		if r := put("supervisor", "west", whole); r.status != 200 || !strings.Contains(r.body, `"email":"n@x.invalid"`) || len(s.receivers) != 2 {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if r := put("supervisor", "West", whole); r.status != 422 || r.field(t, "field") != "service.id" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := put("supervisor", "west", strings.Replace(whole, "24/7", sentinel, 1)); r.status != 422 || r.field(t, "field") != "schedule" || strings.Contains(r.body, sentinel) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := put("supervisor", "west", strings.Replace(whole, "18", `"18"`, 1)); r.status != 400 {
		t.Errorf("%d", r.status)
	}
	if r := h.do(t, call{"PUT", "/api/v1/directory/west", whole, map[string]string{"Origin": h.URL}}); r.status != 401 {
		t.Errorf("%d", r.status)
	}
	if r := h.do(t, call{"GET", "/api/v1/directory", "", map[string]string{"Cookie": "adviceline=session-of-supervisor"}}); !strings.Contains(r.body, "south@shelter.invalid") {
		t.Error("supervisors do not see where mail goes")
	}
	s.away = true
	if r := put("supervisor", "west", whole); r.status != 503 {
		t.Errorf("%d", r.status)
	}
}
