package main

// arms in the order in which they take turns: those of one goal stand together.
var arms = []arm{
	limit("http-redis", "http", "redis/conns64", "-d", "2s"),
	{name: "intake", run: intakeLoad},
	limit("http-pg", "http", "redis_pg/conns64", "-d", "2s"),
	limit("http-one", "http", "redis/conns1"),
	{name: "offer", run: offerLoad},
	limit("dispatch", "dispatch", "notify"),
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
}
