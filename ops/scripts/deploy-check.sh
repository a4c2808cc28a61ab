#!/usr/bin/env bash
# Holds the files of ops/deploy against the programs that read them, as far as they are on this machine;
# it installs nothing and says what it left out. Redis, Postgres and the compose file have tests in Go.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../deploy"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

has() {
	local program
	for program in "$@"; do
		if ! command -v "$program" >/dev/null; then
			echo "deploy-check: left out, no $program here: $what" >&2
			return 1
		fi
	done
}

what="shell scripts"
if has shellcheck; then shellcheck ./*.sh postgres/*.sh; fi

what="systemd units"
if has systemd-analyze; then
	for unit in systemd/*.service; do
		# The program itself need not be installed here.
		sed 's#^ExecStart=/usr/local/bin/adviceline#ExecStart=/bin/true#' "$unit" >"$dir/${unit##*/}"
	done
	# It may warn and still end with 0: a word is a fault.
	said=$(systemd-analyze verify --man=no "$dir/adviceline.service" "$dir/adviceline@one.service" 2>&1) || said+=" failed"
	said=$(grep -F "$dir" <<<"$said" || true)
	if [ -n "$said" ]; then
		echo "$said" >&2
		exit 1
	fi
	# Exposure in tenths, 0 to 100.
	systemd-analyze security --offline=true --no-pager --threshold=20 "$dir/adviceline.service" >"$dir/exposure" ||
		{ cat "$dir/exposure" >&2; exit 1; }
fi

what="haproxy.cfg"
if has haproxy openssl; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost \
		-keyout "$dir/site.pem.key" -out "$dir/site.pem" 2>/dev/null
	env HTTP_ADDR=127.0.0.1:8080 HTTPS_ADDR=127.0.0.1:8443 TLS_FILE="$dir/site.pem" \
		NODE_1=node1.invalid:8080 NODE_1_OPS_PORT=9090 NODE_2=node2.invalid:8080 NODE_2_OPS_PORT=9090 \
		haproxy -c -q -f haproxy.cfg
fi
