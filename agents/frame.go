package agents

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"adviceline/helpline"
	"adviceline/helpline/strict"
)

// head is what every frame of an adviser has. Pad is read over.
type head struct {
	Type string     `json:"type"`
	Ref  string     `json:"ref"`
	Pad  strict.Pad `json:"pad,omitzero"`
}

func (h *head) reference() string { return h.Ref }

// request is one frame, read and held against its struct, its values not yet looked at.
type request struct {
	kind  string
	ref   string
	print uint64 // tells two frames of one ref apart; padding does not count
	// again: the answer holds text, or Redis may have lost what it tells of, so it is not remembered; the step itself
	// repeats it by state.
	again bool
	says  *sayFrame // a message: it keeps its place in its sender's order
	run   func(ctx context.Context, c *console) (answer any, err error)
}

// The codes that only this edge meets.
const (
	errMalformed    helpline.Code = "malformed"
	errUnknownType  helpline.Code = "unknown_type"
	errNotAvailable helpline.Code = "not_available"
	errRateLimited  helpline.Code = "rate_limited"
	errVersion      helpline.Code = "unsupported_version"
)

// errNotJSON says that data was no JSON object at all: the socket is closed with 1007.
var errNotJSON = errors.New("frame is not a JSON object")

// fault is a refused frame: code and, when it had a sound one, ref for the answer.
type fault struct {
	code helpline.Code
	ref  string
}

func (f fault) Error() string { return "refused frame: " + string(f.code) }

// step is a row of the table below: how a frame is read and what is done with it.
type step struct {
	read  func(data []byte) (*request, error)
	again bool
}

// steps is every frame of the protocol's console table but hello. What this line does not keep is
// answered "not_available" by the step itself.
var steps = map[string]step{
	"duty":    {read: frame(duty)},
	"audible": {read: frame(audible)},
	"accept":  {read: frame(accept), again: true},
	"decline": {read: frame(decline)},
	"say":     {read: frame(say), again: true},
	"typing":  {read: frame(typing)},
	"end":     {read: frame(end)},
	"release": {read: frame(release)},
	"draft":   {read: frame(draft)},
	"outcome": {read: frame(outcome)},

	"handover": {read: frame(handover)},
	"transfer": {read: frame(transfer)},
	"take":     {read: frame(take), again: true},
	"park":     {read: frame(park)},
	"danger":   {read: frame(danger)},

	"reveal":    {read: frame(reveal), again: true},
	"attempt":   {read: frame(attempt)},
	"stop":      {read: frame(stop)},
	"callbacks": {read: frame(callbacks), again: true},

	"interpreter": {read: frame(interpreter)},

	"matter": {read: frame(matter), again: true},
	"card":   {read: frame(card), again: true},

	"external": {read: frame(external), again: true},
	"overview": {read: frame(overview)},
	"heavy":    {read: frame(heavy)},

	"referral":   {read: referralAction},
	"referrals":  {read: frame(referrals), again: true},
	"disclosure": {read: frame(disclosure)},
}

// seed keys the prints of frames; they leave the process nowhere.
var seed = maphash.MakeSeed()

// frame makes the reader of frames of shape F out of what is done with one.
func frame[F any, P interface {
	*F
	reference() string
}](do func(ctx context.Context, c *console, f F) (any, error)) func([]byte) (*request, error) {
	hash := printer[F]()
	return func(data []byte) (*request, error) {
		var f F
		if err := strict.Decode(data, &f); err != nil {
			return nil, err
		}
		print, err := hash(f)
		if err != nil {
			return nil, err
		}
		r := &request{
			ref: P(&f).reference(), print: print,
			run: func(ctx context.Context, c *console) (any, error) { return do(ctx, c, f) },
		}
		if says, ok := any(f).(sayFrame); ok {
			r.says = &says
		}
		return r, nil
	}
}

// printer gives what hashes frames of shape F: by their values where these are texts and flags
// alone, else by their JSON.
func printer[F any]() func(F) (uint64, error) {
	if flat(reflect.TypeFor[F]()) {
		return func(f F) (uint64, error) { return maphash.Comparable[any](seed, f), nil }
	}
	return func(f F) (uint64, error) {
		text, err := json.Marshal(f)
		return maphash.Bytes(seed, text), err
	}
}

func flat(shape reflect.Type) bool {
	return !slices.ContainsFunc(reflect.VisibleFields(shape), func(f reflect.StructField) bool {
		switch f.Type.Kind() {
		case reflect.String, reflect.Bool, reflect.Int64:
			return false
		case reflect.Struct: // the fields of an embedded one are listed too
			return !f.Anonymous && f.Type.NumField() > 0
		default:
			return true
		}
	})
}

// readFrame reads one frame after hello. The error is errNotJSON or a fault.
func readFrame(data []byte) (*request, error) {
	kind, err := strict.Type(data)
	if err != nil {
		return nil, refuse(data, errMalformed)
	}
	s, known := steps[kind]
	if !known {
		return nil, refuse(data, errUnknownType)
	}
	r, err := s.read(data)
	if err != nil || !canonical(r.ref) {
		return nil, refuse(data, errMalformed)
	}
	r.kind, r.again = kind, r.again || s.again
	return r, nil
}

// refuse reads leniently, only to find the ref that the answer repeats.
func refuse(data []byte, code helpline.Code) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil || !utf8.Valid(data) {
		return errNotJSON
	}
	var ref string
	if json.Unmarshal(members["ref"], &ref) != nil || !canonical(ref) {
		ref = ""
	}
	return fault{code: code, ref: ref}
}

// uuidShape is a UUIDv4 in lower case: x is a hex digit, v the variant, the rest stands for itself.
const uuidShape = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx"

// canonical tells whether id is written as the wire writes ids.
func canonical(id string) bool {
	if len(id) != len(uuidShape) {
		return false
	}
	for i := range len(id) {
		allowed := uuidShape[i : i+1]
		switch allowed {
		case "x":
			allowed = "0123456789abcdef"
		case "v":
			allowed = "89ab"
		}
		if strings.IndexByte(allowed, id[i]) < 0 {
			return false
		}
	}
	return true
}

// retryable tells whether the same frame may succeed a moment later.
func retryable(code helpline.Code) bool {
	switch code {
	case helpline.ErrBusy, helpline.ErrQueueUnavailable, helpline.ErrTooMany, errRateLimited:
		return true
	default:
		return false
	}
}

// codeOf gives the code that the client sees. What has none had no answer in time, or is a bug that
// the log tells: every step is idempotent, so it may be sent again.
func codeOf(err error) helpline.Code {
	if code, ok := errors.AsType[helpline.Code](err); ok {
		return code
	}
	return helpline.ErrBusy
}
