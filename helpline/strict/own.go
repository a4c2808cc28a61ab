package strict

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient is for what needs no guarding.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Own reads JSON that the house itself wrote: a reply of a script, an event, a notice. It is not
// strict: a newer node may have written members that into does not have. The error is ErrMalformed
// and holds nothing of data.
func Own(data string, into any) error {
	if json.Unmarshal([]byte(data), into, lenient) != nil {
		return ErrMalformed
	}
	return nil
}
