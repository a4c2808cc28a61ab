package helpline

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// SignReferral makes what the link of one hop of a referral ends in.
func (t Tokens) SignReferral(id string, hop int) string {
	body := id + "." + strconv.Itoa(hop)
	sum := t.referral.sum(body)
	return base64.RawURLEncoding.EncodeToString(append(sum[:], body...))
}

// OpenReferral opens it: ErrNotFound for anything that this house did not sign.
func (t Tokens) OpenReferral(token string) (id string, hop int, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 17 || len(raw) > 256 || !t.referral.made(raw) {
		return "", 0, ErrNotFound
	}
	id, number, _ := strings.Cut(string(raw[16:]), ".")
	hop, err = strconv.Atoi(number)
	if err != nil {
		return "", 0, ErrNotFound
	}
	return id, hop, nil
}

// ReferralPrint is the keyed print under which a code or key of a hop is kept: a dump of the database
// holds nothing that could be tried out.
func (t Tokens) ReferralPrint(what, id string, hop int, secret string) string {
	b := t.referral.sum("print", what, id, strconv.Itoa(hop), secret)
	return hex.EncodeToString(b[:])
}

// Same compares two prints in constant time.
func Same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// referralWords are easy to say on a telephone, of plain letters, and say nothing.
var referralWords = strings.Fields(`aalto askel avain hanko harmaa helmi hiekka huippu ilta jalka joki juna kahvi kaivo kallio kanto karhu katto
	kello keto kirja kivi koivu korpi kulta kuppi kuusi lahti laiva lampi lanka lato lehti lento lintu lukko lumi
	lupa luoto malja marja matka mylly nauha niitty nuotti ovi paju palko pelto pihka pilvi polku portti puro
	rauta ranta reppu retki ruusu saari salko sammal savi silta sointu sora suola syksy taivas talvi tammi tanko
	tuuli vaahto valo varjo vati vene verho viita vuori`)

// ReferralWord gives a referral's reference word: two words and two digits, the same for the same id.
func (t Tokens) ReferralWord(id string) string {
	b := t.referral.sum("word", id)
	n := len(referralWords)
	return referralWords[(int(b[0])<<8|int(b[1]))%n] + "-" + referralWords[(int(b[2])<<8|int(b[3]))%n] + "-" +
		strconv.Itoa(10+int(b[4])%90)
}

// DeedID makes the id of a row of the audit.
func (Tokens) DeedID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: the program stops instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
