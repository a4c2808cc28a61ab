#!/usr/bin/env bash
# Prints the path of golangci-lint in exactly the version given, and builds it with our own Go into
# .cache/bin when it is nowhere: an older Go in the linter refuses our module.
set -euo pipefail

version=$1
gobin=$(go env GOBIN)
for linter in .cache/bin/golangci-lint "${gobin:-$(go env GOPATH)/bin}/golangci-lint" "$(command -v golangci-lint || true)"; do
	if [ -x "$linter" ] && [ "$("$linter" version --short 2>/dev/null)" = "${version#v}" ]; then
		echo "$linter"
		exit 0
	fi
done
echo "building golangci-lint $version (about a minute, once)" >&2
GOBIN=$PWD/.cache/bin GOFLAGS='' go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
echo .cache/bin/golangci-lint
