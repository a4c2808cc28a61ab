#!/usr/bin/env bash
# Installs with apt what this machine lacks; does nothing when all is there.
#   setup.sh run   what `make run` needs: Postgres and Redis
#   setup.sh test  what `make test` and `make lint` need beside that
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
	;;
*)
	echo "usage: $0 run|test" >&2
	exit 2
	;;
esac

if [ ${#packages[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
if ! command -v apt-get >/dev/null || ! command -v "${as_root[0]:-true}" >/dev/null; then
	echo "Please install as root: apt-get install -y --no-install-recommends ${packages[*]}" >&2
	exit 1
fi
echo "installing ${packages[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
