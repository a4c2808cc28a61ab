-- heartbeat: keeps this node's lease and tells it the channel counter and the queue's figures.
-- ARGV: 5 lease ms. Reply: {count, waiting, oldest ms, spool, known}; not known: the lease was over,
-- everybody on this node counts as gone.
local known = call('ZSCORE', TIMERS, 'node|' .. NODE)
timer('node|' .. NODE, now + tonumber(ARGV[5]))
local oldest = call('ZRANGE', P .. ':waiting', 0, 0, 'WITHSCORES')[2]
return ok({count = num(call('HGET', P .. ':nodes', NODE)), waiting = call('ZCARD', P .. ':waiting'),
  oldest = oldest and now - tonumber(oldest) or 0, spool = call('XLEN', SPOOL), known = known and true or false})
