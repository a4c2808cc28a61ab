#!/usr/bin/env bash
# Installs with apt (and npm) what this machine lacks; does nothing when all is there.
#   setup.sh run   what `make run` needs: Postgres and Redis
#   setup.sh test  what `make test` and `make lint` need beside that, and the rules of ops/e2e/axe
set -euo pipefail

packages=()

want() { # want PACKAGE PROGRAM...: the package, unless one of the programs is there
	local package=$1 program
	shift
	for program in "$@"; do
		if command -v "$program" >/dev/null; then return; fi
	done
	packages+=("$package")
}

case ${1:-} in
run)
	want postgresql postgres /usr/lib/postgresql/*/bin/postgres
	want redis-server redis-server
	;;
test)
	want chromium chromium chromium-browser google-chrome
	want gcc gcc cc # the race detector
	if ! [ -e /usr/include/stdlib.h ]; then packages+=(libc6-dev); fi
	want haproxy haproxy /usr/sbin/haproxy
	want shellcheck shellcheck
	want npm npm
	;;
*)
	echo "usage: $0 run|test" >&2
	exit 2
	;;
esac

# The accessibility rules for the tests of pages: one package, by its lock file.
axe() {
	local from=ops/e2e/axe to=.cache/axe
	if cmp -s $from/package-lock.json $to/package-lock.json && [ -e $to/node_modules/axe-core/axe.min.js ]; then return; fi
	mkdir -p $to
	cp $from/package.json $from/package-lock.json $to
	npm ci --prefix $to --ignore-scripts --no-audit --no-fund --loglevel=error
}

finish() { if [ "$1" = test ]; then axe; fi; }

if [ ${#packages[@]} -eq 0 ]; then
	finish "$1"
	exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
if ! command -v apt-get >/dev/null || ! command -v "${as_root[0]:-true}" >/dev/null; then
	echo "Please install as root: apt-get install -y --no-install-recommends ${packages[*]}" >&2
	exit 1
fi
echo "installing ${packages[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
finish "$1"
