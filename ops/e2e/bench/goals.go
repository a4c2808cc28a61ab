package main

import "strings"

// arms in the order in which they take turns: those of one goal stand together.
var arms = []arm{
	limit("http-redis", "http", "redis/conns64", "-d", "2s"),
	{name: "intake", run: intakeLoad},
	{name: "intake-safe", run: guarded(intakeLoad)},
	limit("http-pg", "http", "redis_pg/conns64", "-d", "6s"),
	limit("http-one", "http", "redis/conns1"),
	{name: "offer", run: offerLoad},
	{name: "offer-safe", run: guarded(offerLoad)},
	limit("dispatch", "dispatch", "notify"),
	{name: "arrival", run: benchmark("./queue", "^BenchmarkArrival$", "1600x")},
	{name: "arrival-safe", run: guardedAlone("arrival", "1600")},
	{name: "backlog", run: benchmark("./queue", "^BenchmarkBacklog$", "5000x")},
	{name: "backlog-safe", run: guardedAlone("backlog", "5000")},
	limit("relay", "relay", "history+!/pairs100-"),
	limit("relay-each", "relay", "history+!/pairs1000-window1"),
	{name: "relay-paced", run: relayPaced},
	{name: "relay-paced-safe", run: guarded(relayPaced)},
	{name: "relay-most", run: relayMost},
	{name: "relay-most-safe", run: guarded(relayMost)},
	limit("mem", "mem", "detach2", "-conns", "10000"),
	{name: "idle", run: idleMemory},
	limit("copy", "postgres", "sync-on/c1/copy100"),
	{name: "outcomes", run: benchmark("./storage", "^BenchmarkOutcomes$", "20000x")},
	{name: "aof-off", run: intakeAOF("no")},
	{name: "aof-always", run: intakeAOF("yes")},
	{name: "match", run: benchmark("./queue", "^BenchmarkMatch$", "500x")},
	{name: "all-read", run: readers(false)},
	{name: "one-stuck", run: readers(true)},
}

// rows are the goals. Those of one number are one goal.
var rows = []row{
	{id: "G1", what: "intake, 64 connections, against one EVALSHA", unit: "/s", must: 0.45, aim: 0.6,
		minimum: []figure{"http-redis post/redis/conns64.ops_s"}, product: "intake post/conns64.ops_s", note: intakeNote},
	{id: "G2", what: "the same against EVALSHA + its own committed INSERT", unit: "/s", must: 1.5, aim: 2,
		minimum: []figure{"http-pg post/redis_pg/conns64.ops_s"}, product: "intake post/conns64.ops_s"},
	{id: "G3", what: "intake paced 1,000/s, p50, against EVALSHA + INSERT", unit: "us", must: 1.2, aim: 1.05, less: true,
		minimum: []figure{"http-pg post/redis_pg/conns64-rate1000.p50_us"}, product: "intake post/conns64-rate1000.p50_us"},
	{id: "G3", what: "intake paced 1,000/s, p99", unit: "us", must: 1.3, aim: 1, less: true,
		minimum: []figure{"http-pg post/redis_pg/conns64-rate1000.p99_us"}, product: "intake post/conns64-rate1000.p99_us"},
	{id: "G4", what: "server CPU per intake, 64 connections, against one EVALSHA", unit: "us", must: 2.4, aim: 1.9, less: true,
		minimum: []figure{"http-redis post/redis/conns64.srv_cpu_us_op"}, product: "intake cpu_us_op"},
	{id: "G5", what: "POST to offer on a socket of another node, p50, against intake + PUBLISH and claim", unit: "us", must: 1.5, aim: 1.2, less: true,
		minimum: []figure{"http-one post/redis/conns1.p50_us", "dispatch dispatch/notify/latency-rate200.p50_us"}, product: "offer p50_us",
		note: "from the first byte of the POST on node A to the offer frame at a console of node B, one at a time; between two, the contact leaves by `leave`. The minimum is the sum of two p50: POST with one EVALSHA on one connection, and enqueue to claim at 200/s."},
	{id: "G7", what: "arrival to offer made, idle adviser, 200/s, p50, against PUBLISH and claim", unit: "us", must: 1.3, aim: 1.1, less: true,
		minimum: []figure{"dispatch dispatch/notify/latency-rate200.p50_us"}, product: "arrival Arrival.p50-us",
		note: "BenchmarkArrival in package queue: from the call that takes a contact in, as in the minimum, to the answer of the script that made the offer. The notice of it at the adviser's node is notice-p50-us of the raw figures."},
	{id: "G7", what: "arrival to offer made, p99", unit: "us", must: 1.5, aim: 1.2, less: true,
		minimum: []figure{"dispatch dispatch/notify/latency-rate200.p99_us"}, product: "arrival Arrival.p99-us"},
	{id: "G9", what: "offers per second out of a backlog of 5,000, against PUBLISH and claim", unit: "/s", must: 0.35, aim: 0.45,
		minimum: []figure{"dispatch dispatch/notify/drain.ops_s"}, product: "backlog Backlog/ready.offers/s",
		note: "BenchmarkBacklog in package queue: ten callers bring adviser after adviser with two places each, which is the default: a script and two offers a time. Backlog/whole of the raw figures is ten advisers who accept each offer and record its outcome: two more scripts an offer."},
	{id: "G10", what: "chat between nodes, 1,000/s, p50, against script with history and ack, batched", unit: "us", must: 1.25, aim: 1.1, less: true,
		minimum: []figure{"relay relay/history+!/pairs100-rate1000.p50_us"}, product: "relay-paced p50_us", note: relayNote},
	{id: "G10", what: "chat between nodes, 1,000/s, p99", unit: "us", must: 1.5, aim: 1.2, less: true,
		minimum: []figure{"relay relay/history+!/pairs100-rate1000.p99_us"}, product: "relay-paced p99_us"},
	{id: "G11", what: "chat between nodes, most messages", unit: "/s", must: 0.5, aim: 0.65,
		minimum: []figure{"relay relay/history+!/pairs100-window8.ops_s"}, product: "relay-most ops_s",
		note: "8,000 contacts, one message under way each, five a second at most: 40,000/s is all that they may send. The minimum is 100 pairs with 8 messages under way each, of which some share a read, a write and a wake; that of the row without a goal is 1,000 pairs with one."},
	{id: "G11", what: "the same against pairs with one message under way", unit: "/s",
		minimum: []figure{"relay-each relay/history+!/pairs1000-window1.ops_s"}, product: "relay-most ops_s"},
	safely("G1", "intake, 64 connections", "/s", "intake post/conns64.ops_s"),
	safely("G3", "intake paced 1,000/s, p50", "us", "intake post/conns64-rate1000.p50_us"),
	safely("G3", "intake paced 1,000/s, p99", "us", "intake post/conns64-rate1000.p99_us"),
	safely("G4", "server CPU per intake, 64 connections", "us", "intake cpu_us_op"),
	safely("G5", "POST to offer on a socket of another node, p50", "us", "offer p50_us"),
	{id: "G7-safe", what: "arrival to offer made, idle adviser, 200/s, p50", unit: "us", must: 1.33, aim: 1.11, less: true,
		minimum: []figure{"arrival-safe SafeArrival.p50-us"}, product: "arrival Arrival.p50-us"},
	{id: "G7-safe", what: "arrival to offer made, p99", unit: "us", must: 1.33, aim: 1.11, less: true,
		minimum: []figure{"arrival-safe SafeArrival.p99-us"}, product: "arrival Arrival.p99-us"},
	{id: "G9-safe", what: "offers per second out of a backlog of 5,000", unit: "/s", must: 0.75, aim: 0.9,
		minimum: []figure{"backlog-safe SafeBacklog.offers/s"}, product: "backlog Backlog/ready.offers/s"},
	safely("G10", "chat between nodes, 1,000/s, p50", "us", "relay-paced p50_us"),
	safely("G10", "chat between nodes, 1,000/s, p99", "us", "relay-paced p99_us"),
	safely("G11", "chat between nodes, most messages", "/s", "relay-most ops_s"),
	{id: "G13", what: "memory per idle contact connection (10,000), against a handler that returns", unit: "KiB", must: 1.6, aim: 1.25, less: true,
		minimum: []figure{"mem idle10000/detach2.kib_conn"}, product: "idle kib_conn",
		note: "growth of the node's resident memory 3 s after the last of 10,000 contacts who wait has opened a socket; another node took them in. The minimum's connections are upgraded and nothing else."},
	{id: "G14", what: "outcomes to Postgres, rows per second, against COPY of 100 by one writer", unit: "/s", must: 0.4, aim: 0.55,
		minimum: []figure{"copy sync-on/c1/copy100.ops_s"}, product: "outcomes Outcomes.rows/s", note: outcomesNote},
	{id: "G14", what: "the same in outcomes, each three rows, against rows of COPY", unit: "/s",
		minimum: []figure{"copy sync-on/c1/copy100.ops_s"}, product: "outcomes Outcomes.outcomes/s"},
	{id: "G15", what: "intake with the append-only file synced always, against without", unit: "/s", must: 0.4, aim: 0.5,
		minimum: []figure{"aof-off post/conns64.ops_s"}, product: "aof-always post/conns64.ops_s",
		note: "the product against itself: POST by 64 connections, with its commit in Postgres, scripts sent in batches."},
	{id: "G16", what: "match with 100,000 waiting, p50, against 100 waiting", unit: "us", must: 1.3, aim: 1.1, less: true,
		minimum: []figure{"match Match/100.p50-us"}, product: "match Match/100000.p50-us",
		note: "BenchmarkMatch in package queue, the product against itself: the script in which an offer ends and the next of those who wait is offered."},
	{id: "G17", what: "one of 100 advisers does not read: p99 of the other 99 conversations, against all reading", unit: "us", must: 1.2, aim: 1.05, less: true,
		minimum: []figure{"all-read p99_us"}, product: "one-stuck p99_us",
		note: "the product against itself: 99 contacts at four messages a second, one at five long ones (2 KiB), to an adviser whose socket is read or is not."},
}

// safely is a goal against the reference with the same guarantees: three quarters of it at least, better nine tenths.
func safely(id, what, unit, of string) row {
	arm, metric, _ := strings.Cut(of, " ")
	r := row{id: id + "-safe", what: what, unit: unit, must: 0.75, aim: 0.9, minimum: []figure{figure(arm + "-safe " + metric)}, product: figure(of), note: safeNote}
	if unit == "us" {
		r.must, r.aim, r.less = 1.33, 1.11, true
	}
	return r
}

const safeNote = "against `bench/safe`, the hand-written minimum that gives the same guarantees; must and aim are those that performance goals name once it is there."

const outcomesNote = "BenchmarkOutcomes in package storage: the ledger's one writer with all it can take at once (outcomes/commit of the raw figures: more than the 100 rows of a COPY). An outcome is three rows (event, contact, staged) with their keys, where COPY appends short rows to a table with one index."

const relayNote = "contact on node A, adviser on node B, real sockets; sealed, kept, numbered, acknowledged, padded to 512 bytes both ways. 250 pairs at four a second (a person may send five a second); the minimum has 100 pairs at ten."
