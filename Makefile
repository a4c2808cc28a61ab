# `make run` starts the whole helpline on this machine, `make check` is what CI runs.
.NOTPARALLEL:
.PHONY: run build setup setup-test go test relay chaos failover idle bench cost screenshots slow-phone oracle oracle-router soak settings walk capacity histories year screen lint deploy-check vet tidy fuzz docs check

GO_WANTED := $(shell awk '$$1 == "go" { print $$2 }' go.mod)
GOLANGCI  := v2.15.0
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME  := 10s
TEST      := go test -race -shuffle=on -count=1 -timeout 30m ./...
# The nested module of browser tests, once it is there.
E2E       := $(dir $(wildcard ops/e2e/go.mod))

run: setup build
	DEMO=on ./bin/adviceline serve

build: go
	go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/adviceline ./cmd/adviceline

setup: go
	@ops/scripts/setup.sh run

setup-test: go
	@ops/scripts/setup.sh test

go:
	@command -v go >/dev/null || { echo "Go $(GO_WANTED) or newer is needed and no go is on PATH: see https://go.dev/doc/install" >&2; exit 1; }

# Tests of ops/e2e wait for sockets, leases and pages more than they work: three at a time. The detector of races sees a
# few of the histories; 300 go without it, eight at once, which wait for Postgres more than they work.
test: setup setup-test
	$(TEST)
	go test -count=1 -run '^TestOracle$$' ./helpline/model
	HISTORIES=300 go test -count=1 -timeout 20m -parallel 8 -run '^TestHistories' ./helpline/disclose ./storage
	$(if $(E2E),cd $(E2E) && $(TEST) -parallel 3)

# The long run of three nodes: sockets that move, nodes that are killed and drained. The figures go
# into ops/docs/reliability.md.
relay: setup setup-test
	cd ops/e2e && RELAY_FULL=1 go test -race -count=1 -timeout 10m -v -run '^(TestRelay|TestNodeIsDrained|TestRollingRestart)$$' .

# Ten seeded runs of whole lives under every fault, two at a time; SEED=n runs one. The figures go into
# ops/docs/reliability.md.
chaos: setup setup-test build
	cd ops/e2e && CHAOS_FULL=1 SEED=$(SEED) E2E_BINARY=$(CURDIR)/bin/adviceline go test -count=1 -parallel 2 -timeout 20m -v -run '^TestChaos$$' .

# Twenty failovers of a Sentinel trio under load with the recommended settings, and twenty without. The figures
# go into ops/docs/reliability.md.
failover: setup setup-test build
	cd ops/e2e && FAILOVER_N=20 E2E_BINARY=$(CURDIR)/bin/adviceline go test -count=1 -timeout 60m -v -run '^TestFailoverKeepsTheThreeFacts$$' .

# Half an hour of whole lives, 20 a second, and what two nodes and both stores hold meanwhile. The figures go into
# ops/docs/reliability.md.
soak: setup setup-test build
	cd ops/e2e && SOAK_MINUTES=$(or $(SOAK_MINUTES),30) E2E_BINARY=$(CURDIR)/bin/adviceline go test -count=1 -timeout 60m -v -run '^TestSoak$$' .

# What each setting that guards an acknowledged fact costs an intake. The table goes into ops/docs/reliability.md.
settings: setup setup-test build
	cd ops/e2e && SETTINGS_FULL=1 E2E_BINARY=$(CURDIR)/bin/adviceline go test -count=1 -timeout 15m -v -run '^TestWhatSettingsCost$$' .

# 10,000 silent sockets at one node: what they weigh, and what they ask of Redis in a minute. The program
# is built as `make build` does. The figures go into ops/docs/performance.md.
idle: setup setup-test build
	cd ops/e2e && IDLE_FULL=1 E2E_BINARY=$(CURDIR)/bin/adviceline go test -count=1 -timeout 15m -v -run '^TestIdleContactsAskRedisNothing$$' .

# The product beside the hand-written minimum of the same work: make bench LIMITS=path of that program,
# RUN=G1,G5 for some goals, N=3 for the repeats (5), BENCH_OUT=file for the raw figures.
bench: setup
	@cd ops/e2e && LIMITS=$(abspath $(LIMITS)) RUN=$(RUN) N=$(N) BENCH_OUT=$(abspath $(BENCH_OUT)) go run ./bench

# A picture of every state of every page, light and dark, on a phone and on a desk: make screenshots
# SHOTS=folder TONGUES=fi,sv,en.
SHOTS     := bin/screenshots
screenshots: setup setup-test build
	cd ops/e2e && SHOTS=$(abspath $(SHOTS)) E2E_BINARY=$(CURDIR)/bin/adviceline go test -tags screenshots -count=1 -timeout 60m -run '^TestScreenshots$$' .

# What the verbs of routing cost Redis with 10 to 100,000 who wait. The table goes into ops/docs/performance.md.
cost: setup
	go test -run '^$$' -bench '^BenchmarkCost$$' -benchtime 200x -timeout 30m ./queue

# How soon the contact page is of use on the least phone that it is made for. The figures go into ops/docs/pages.md.
slow-phone: setup setup-test build
	cd ops/e2e && E2E_BINARY=$(CURDIR)/bin/adviceline go test -tags slowphone -count=1 -timeout 10m -v -run '^TestSlowPhone$$' .

# The long run of the model of routing against theory: ten million contacts a case. The figures go into
# ops/docs/routing.md.
oracle: go
	ORACLE_FULL=1 go test -count=1 -timeout 60m -v -run '^TestOracle$$' ./helpline/model

# The scripts against the model: 20,000 contacts a case, event for event. The figures go into ops/docs/routing.md.
oracle-router: setup
	ORACLE_FULL=1 go test -count=1 -parallel 8 -timeout 60m -v -run '^TestRouterDoesWhatTheModelDoes$$' ./queue

# Ten thousand random lines live their year in Postgres, form by form and flush by flush, and publish it, and an attacker
# reads all of it; as many, some of them larger, publish without Postgres. A failure names its seed, where SEED=n begins.
# The figures go into ops/docs/privacy.md.
histories: setup
	HISTORIES=$(or $(HISTORIES),10000) go test -run '^TestHistories' -v -count=1 -timeout 8h -parallel 8 ./helpline/disclose ./storage

# A synthetic year of 50,000 contacts, every table of every period of it released through Postgres. The figures go into
# ops/docs/privacy.md.
year: setup
	YEAR=$(or $(YEAR),50000) go test -count=1 -timeout 30m -v -run '^TestYear$$' ./storage

# A longer walk than every test run has time for; a failure names its seed, which WALK_SEED walks again.
walk: setup
	WALK_STEPS=5000 go test -race -count=1 -timeout 60m -run '^TestWalk' ./queue

# 100,000 assignments by many hands over three nodes: nobody is ever over capacity.
capacity: setup
	ASSIGNMENTS=100000 go test -count=1 -timeout 30m -v -run '^(TestCapacityIsNeverExceeded|TestThousandTakesAtOnceHaveOneWinner)$$' ./queue

# 3,000 passages of every type and language through the screen of free text. The figures go into
# ops/docs/privacy.md.
screen: go
	SCREEN_FULL=1 go test -count=1 -timeout 30m -v -run '^(TestRecallOfGeneratedPassages|TestCleanSentencesStayAsTheyAre|TestHandWrittenPassages)$$' ./helpline/screen

lint: go deploy-check
	$$(ops/scripts/linter.sh $(GOLANGCI)) run ./...
	$(if $(E2E),linter=$$(realpath $$(ops/scripts/linter.sh $(GOLANGCI))) && cd $(E2E) && $$linter run ./...)
	@if command -v shellcheck >/dev/null; then shellcheck ops/scripts/*.sh .ci/run; fi

# Holds ops/deploy against the programs that read it, those that are here; tests do the rest.
deploy-check:
	@ops/scripts/deploy-check.sh

vet: go
	go vet ./...
	$(if $(E2E),cd $(E2E) && go vet ./...)

# Fails when go.mod or go.sum would change; changes nothing.
tidy: go
	go mod tidy -diff
	$(if $(E2E),cd $(E2E) && go mod tidy -diff)

fuzz: go
	@ops/scripts/fuzz.sh $(FUZZTIME)

# The page about the wire, from the documents that are served; a test holds it up to date.
docs: go
	go run ./ops/wirepage ops/docs/wire.md

# The tests come last, so that the output ends with their lines.
check: setup setup-test vet lint tidy fuzz test
