package main

// arms in the order in which they take turns: those of one goal stand together.
var arms = []arm{
	limit("http-redis", "http", "redis/conns64", "-d", "2s"),
	{name: "intake", run: intakeLoad},
	limit("http-pg", "http", "redis_pg/conns64", "-d", "2s"),
	limit("http-one", "http", "redis/conns1"),
	{name: "offer", run: offerLoad},
	limit("dispatch", "dispatch", "notify"),
	limit("relay", "relay", "history+!/pairs100"),
	{name: "relay-paced", run: relayPaced},
	{name: "relay-most", run: relayMost},
	limit("mem", "mem", "detach2", "-conns", "10000"),
	{name: "idle", run: idleMemory},
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
	{id: "G10", what: "chat between nodes, 1,000/s, p50, against script with history and ack, batched", unit: "us", must: 1.25, aim: 1.1, less: true,
		minimum: []figure{"relay relay/history+!/pairs100-rate1000.p50_us"}, product: "relay-paced p50_us", note: relayNote},
	{id: "G10", what: "chat between nodes, 1,000/s, p99", unit: "us", must: 1.5, aim: 1.2, less: true,
		minimum: []figure{"relay relay/history+!/pairs100-rate1000.p99_us"}, product: "relay-paced p99_us"},
	{id: "G11", what: "chat between nodes, most messages", unit: "/s", must: 0.5, aim: 0.65,
		minimum: []figure{"relay relay/history+!/pairs100-window8.ops_s"}, product: "relay-most ops_s",
		note: "4,000 contacts, one message under way each, five a second at most: 20,000/s is all that they may send, so a product figure near it is bounded by that. The minimum is 100 pairs with 8 messages under way each, which nothing bounds."},
	{id: "G13", what: "memory per idle contact connection (10,000), against a handler that returns", unit: "KiB", must: 1.6, aim: 1.25, less: true,
		minimum: []figure{"mem idle10000/detach2.kib_conn"}, product: "idle kib_conn",
		note: "growth of the node's resident memory 3 s after the last of 10,000 contacts who wait has opened a socket; another node took them in. The minimum's connections are upgraded and nothing else."},
	{id: "G17", what: "one of 100 advisers does not read: p99 of the other 99 conversations, against all reading", unit: "us", must: 1.2, aim: 1.05, less: true,
		minimum: []figure{"all-read p99_us"}, product: "one-stuck p99_us",
		note: "the product against itself: 99 contacts at four messages a second, one at five long ones (2 KiB), to an adviser whose socket is read or is not."},
}

const relayNote = "contact on node A, adviser on node B, real sockets; sealed, kept, numbered, acknowledged, padded to 512 bytes both ways. 250 pairs at four a second (a person may send five a second); the minimum has 100 pairs at ten."
