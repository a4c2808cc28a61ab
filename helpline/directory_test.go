package helpline

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

const directoryCSV = `service.id,organization.name,service.name,taxonomy_term.code,phone.number,service.email,service.url,language.code,service_area.name,service.minimum_age,service.maximum_age,schedule,service.status,service.alert,service.assured_date
shelter-south,House of the South,Shelter,shelter,'+358 9 555 0001,duty@shelter.invalid,https://shelter.invalid,fi;sv;en,Uusimaa;Helsinki,18,,24/7,active,,2026-11-02
youth-line,Youth,Line for the young,child_line,116 111,,,fi,,,17,"MO-FR 14:00-20:00; SA,SU 17:00-02:00",active,"Closed 24.12.",2026-10-30
`

func anyCode(string) bool { return true }

func TestDirectoryComesBackAsItWas(t *testing.T) {
	t.Parallel()
	all, err := ReadDirectory(strings.NewReader("\ufeff"+directoryCSV), anyCode, anyCode)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v %v", all, err)
	}
	if r := all[0]; r.Phone != "+358 9 555 0001" || r.MinimumAge != 18 || len(r.Languages) != 3 || len(r.Schedule) != 7 {
		t.Errorf("%+v", r)
	}
	var out bytes.Buffer
	if err := WriteDirectory(&out, all); err != nil {
		t.Fatal(err)
	}
	again, err := ReadDirectory(&out, anyCode, anyCode)
	if err != nil || !reflect.DeepEqual(again, all) {
		t.Errorf("%v\n%+v\n%+v", err, again, all)
	}
}

func TestOpenNowIsFinlandsTime(t *testing.T) {
	t.Parallel()
	all, err := ReadDirectory(strings.NewReader(directoryCSV), anyCode, anyCode)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]bool{
		"2026-11-27T11:59:00Z": false, "2026-11-27T12:00:00Z": true, "2026-11-27T18:00:00Z": false, // Friday, winter time
		"2026-07-24T11:00:00Z": true, "2026-07-24T17:00:00Z": false, // summer time
		"2026-11-28T23:59:00Z": true, "2026-11-29T00:00:00Z": false, // Saturday night into Sunday
		"2026-11-29T23:30:00Z": true, "2026-11-30T00:30:00Z": false, // Sunday night into Monday
	} {
		instant, _ := time.Parse(time.RFC3339, at)
		if all[1].OpenAt(instant) != want || !all[0].OpenAt(instant) {
			t.Errorf("%s: %v %v", at, all[1].OpenAt(instant), all[0].OpenAt(instant))
		}
	}
	all[0].Status = "inactive"
	if all[0].OpenAt(time.Now()) {
		t.Error("an inactive service is open")
	}
}

func TestBrokenDirectoriesAreToldByLineAndField(t *testing.T) {
	t.Parallel()
	known := func(code string) bool { return code == "shelter" || code == "child_line" }
	for _, c := range []struct{ from, to, field string }{
		{"service.id,", "id,", "fields"}, {"service.alert,", "", "fields"}, {"shelter-south", "Sentinel!", "service.id"},
		{"youth-line", "shelter-south", "service.id"}, {"child_line", "sentinel", "taxonomy_term.code"}, {"116 111", "sentinel", "phone.number"},
		{"duty@shelter.invalid", "Sentinel <a@b.invalid>", "service.email"}, {"https://shelter", "javascript:sentinel", "service.url"},
		{"18,,", "18,12,", "service.minimum_age"}, {"18,,", "sentinel,,", "service.minimum_age"}, {"24/7", "MO 8-16", "schedule"},
		{"24/7", "MO 24:00-25:00", "schedule"}, {"24/7", "FR-MO 08:00-16:00", "schedule"}, {",active,", ",sentinel,", "service.status"},
		{"2026-11-02", "2.11.2026", "service.assured_date"}, {"House of the South", "", "organization.name"}, {"House", "\"Hou\nse", "line"},
	} {
		_, err := ReadDirectory(strings.NewReader(strings.Replace(directoryCSV, c.from, c.to, 1)), known, anyCode)
		var f DirectoryFault
		if !errors.As(err, &f) || f.Field != c.field || !errors.Is(err, ErrBrokenDirectory) || strings.Contains(err.Error(), "entinel") {
			t.Errorf("%s for %s: %v", c.to, c.from, err)
		}
	}
}
