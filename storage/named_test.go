package storage

import (
	"reflect"
	"testing"
)

func TestNamedArgumentsFindTheirPlaces(t *testing.T) {
	t.Parallel()
	const query = `SELECT @a::text, '@b', @b, @a -- @a`
	for _, args := range []named{{"a": 1, "b": "x"}, {"a": nil, "b": 2}} { // first read, then known
		sql, values, err := args.RewriteQuery(t.Context(), nil, query, nil)
		if err != nil || sql != `SELECT $1::text, '@b', $2, $1 -- @a` {
			t.Fatalf("%s %v", sql, err)
		}
		if want := []any{args["a"], args["b"]}; !reflect.DeepEqual(values, want) {
			t.Fatalf("values %v, want %v", values, want)
		}
	}
	if _, _, err := (named{"a": 1, "c": 2}).RewriteQuery(t.Context(), nil, query+" ", nil); err == nil {
		t.Fatal("an argument that the statement does not have was taken")
	}
}
