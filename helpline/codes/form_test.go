package codes

import (
	"reflect"
	"slices"
	"testing"
)

// asked gives the questions that the form puts to these answers.
func asked(given map[string]string) (names []string, victim int) {
	for _, f := range Form {
		put := true
		for _, c := range f.When {
			put = put && slices.Contains(c.Codes, given[c.Field]) != c.Not
		}
		if put && f.Victim {
			victim++
		} else if put {
			names = append(names, f.Name)
		}
	}
	return names, victim
}

// TestFormIsShort: whatever role, topic, language, matter and assessment, an ordinary contact is at most
// eight questions, and a possible victim is asked about only when that is new or unsure.
func TestFormIsShort(t *testing.T) {
	t.Parallel()
	longest := 0
	for _, role := range append(ContactRole.Codes(), "") {
		for _, topic := range append(Topic.Codes(), "") {
			for _, language := range []string{"", "fi", "ru", "unknown"} {
				for _, matter := range append(Matter.Codes(), "", "not_asked") {
					for _, assessment := range append(Assessment.Codes(), "", "declined") {
						names, victim := asked(map[string]string{"role": role, "topic": topic, "language": language, "matter": matter, "assessment": assessment})
						longest = max(longest, len(names))
						if victim > 0 && (matter != "new" && matter != "unsure" || assessment == "unlikely") {
							t.Fatalf("%s %s: %d questions about a possible victim", matter, assessment, victim)
						}
					}
				}
			}
		}
	}
	if longest != 8 {
		t.Errorf("the longest ordinary form has %d questions, want 8", longest)
	}
	if _, victim := asked(map[string]string{"topic": "threat", "matter": "new", "assessment": "likely", "exploitation_form": "labour"}); victim != 8 {
		t.Errorf("%d questions about a possible victim, want 8", victim)
	}
}

// TestFormNamesFieldsAndLists: every question is a field of Answers and has a list with missing values or is a set.
func TestFormNamesFieldsAndLists(t *testing.T) {
	t.Parallel()
	fields := map[string]reflect.Kind{}
	for i := range reflect.TypeFor[Answers]().NumField() {
		f := reflect.TypeFor[Answers]().Field(i)
		name, _, _ := cut(f.Tag.Get("json"))
		fields[name] = f.Type.Kind()
	}
	seen := map[string]bool{}
	for _, f := range Form {
		if All()[f.List] == nil || fields[f.Name] == reflect.Invalid || f.Many != (fields[f.Name] == reflect.Slice) {
			t.Errorf("question %s of %s", f.Name, f.List)
		}
		for _, c := range f.When {
			if !seen[c.Field] {
				t.Errorf("%s depends on %s, which comes later", f.Name, c.Field)
			}
		}
		seen[f.Name] = true
	}
}

func cut(tag string) (name, rest string, ok bool) {
	for i, c := range tag {
		if c == ',' {
			return tag[:i], tag[i+1:], true
		}
	}
	return tag, "", false
}

func TestLeastKeepsNothingThatIsNotToBeKnown(t *testing.T) {
	t.Parallel()
	whole, err := DecodeAnswers([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if got := Least(whole); got.ExploitationForm == "" || got.Organisation != "" {
		t.Errorf("new matter of the person: %+v", got)
	}
	for _, change := range []func(*Answers){
		func(a *Answers) { a.Matter = "continued" }, func(a *Answers) { a.Assessment = "unlikely" },
	} {
		a := whole
		change(&a)
		a = Least(a)
		if a.ExploitationForm+a.Sector+a.PlaceScope+a.PlaceSetting+a.AgeGroup+a.Sex+a.Citizenship+a.Persons != "" || a.Forms != nil || a.Indicators != nil {
			t.Errorf("kept: %+v", a)
		}
	}
}

func TestSpeaks(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		a    Answers
		want bool
	}{
		{Answers{}, false}, {Answers{Assessment: "likely"}, true}, {Answers{Assessment: "related", Matter: "unsure"}, true},
		{Answers{Assessment: "likely", Matter: "continued"}, false}, {Answers{Assessment: "unlikely", Sex: "female"}, false},
		{Answers{Assessment: "unclear"}, false}, {Answers{Assessment: "unclear", Sex: "female"}, true},
		{Answers{Sex: "not_asked"}, false}, {Answers{Indicators: []string{"debt"}, Matter: "new"}, true},
	} {
		if x.a.Speaks() != x.want {
			t.Errorf("%+v: %t", x.a, !x.want)
		}
	}
}
