// Package screen finds what names a person in free text, and takes it out: codes and numbers of people,
// ways to reach them, where they are, when they were born, what they are called.
//
// It goes by shape. A number with a wrong check digit is somebody's number with a typing error, so no
// check digit is looked at. What is short or common (a customer's number, a plate) counts only near a
// word that says what it is. Text is brought into one form first (normal.go), so that other digits,
// dashes, invisible letters and wide letters do not hide anything; offsets always count code points of
// the text as it came.
//
// What it finds of names is a help, never a promise: a name that is on no list and has no word before it
// is not found. The figures of every type stand in ops/docs/privacy.md.
package screen
