#!/usr/bin/env bash
# Runs every fuzz target of the module for the time given, one after the other.
set -euo pipefail

budget=${1:-10s}
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# Now and then go's own engine takes the end of its time for a failure of the target: it says "context
# deadline exceeded" and names no input. That alone is tried again, once.
fuzz() {
	go test -run '^$' -fuzz "^$1\$" -fuzztime "$budget" "$2" 2>&1 | tee "$said"
}

packages=$(go list ./...)
for package in $packages; do
	targets=$(go test -list '^Fuzz' "$package")
	for target in $(grep '^Fuzz' <<<"$targets" || true); do
		echo "fuzz $package $target"
		fuzz "$target" "$package" && continue
		grep -q 'context deadline exceeded' "$said" && ! grep -q 'Failing input' "$said" || exit 1
		echo "fuzz $package $target, again"
		fuzz "$target" "$package"
	done
done
