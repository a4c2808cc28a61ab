package socket

import "slices"

// Version is the newest version of the wire protocol, the one that welcome names.
const Version = 1

// served are the versions that a hello may name: the newest and the one before it, once there is one.
var served = []int{Version}

// Serves tells whether a hello may name a version.
func Serves(version int) bool { return slices.Contains(served, version) }
