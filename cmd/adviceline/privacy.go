package main

import "adviceline/helpline"

// stores names every store of the house, as metrics label them.
func stores() []string {
	var names []string
	for _, k := range helpline.Kept() {
		names = append(names, k.Name)
	}
	return names
}
