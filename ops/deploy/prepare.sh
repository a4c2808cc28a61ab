#!/usr/bin/env bash
# Draws what compose.yaml mounts from secrets/. What is there already stays: a root key that is lost or
# changed makes every sealed text unreadable. Run as root, because the root key belongs to the nodes' user.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")"
node=65532 # USER of the Dockerfile

keep() { # keep NAME MODE: what comes in becomes secrets/NAME, whole or not at all
	local new=secrets/.$1.new
	cat >"$new"
	chmod "$2" "$new"
	if [ "$1" = root.key ]; then chown "$node:$node" "$new"; fi
	mv "$new" "secrets/$1"
}

lacks() { ! [ -e "secrets/$1" ]; }
word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
hash_of() { tr -d '\n' <"secrets/$1" | sha256sum | cut -d' ' -f1; }

mkdir -p secrets
if lacks root.key; then head -c 32 /dev/urandom | keep root.key 400; fi
for name in postgres_superuser postgres_app redis_app redis_operator; do
	# Servers read these as users of their own; nobody else passes the folder.
	if lacks "$name"; then word | keep "$name" 444; fi
done
if lacks users.acl; then
	sed -e "s/ADVICELINE_SHA256/$(hash_of redis_app)/" -e "s/OPERATOR_SHA256/$(hash_of redis_operator)/" users.acl |
		keep users.acl 444
fi
if lacks node.env; then
	keep node.env 400 <<-ENV
		DATABASE_URL=postgres://adviceline:$(cat secrets/postgres_app)@postgres:5432/adviceline?sslmode=disable
		REDIS_URL=redis://adviceline:$(cat secrets/redis_app)@redis:6379/0
	ENV
fi
