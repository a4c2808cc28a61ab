-- heartbeat: keeps this node's lease and tells it the channel counter and the queue's figures.
-- ARGV: 5 lease ms. Reply: {count, waiting, oldest ms, spool, evicted}; evicted counts how often the
-- lease was over: everybody who was on this node counts as gone.
local at = call('ZSCORE', TIMERS, 'node|' .. NODE)
if at and tonumber(at) <= now then evict(NODE) end
timer('node|' .. NODE, now + tonumber(ARGV[5]))
call('PEXPIRE', P .. ':evicted:' .. NODE, 86400000) -- the mark lives as long as its node
local oldest = call('ZRANGE', P .. ':waiting', 0, 0, 'WITHSCORES')[2]
return ok({count = num(call('HGET', P .. ':nodes', NODE)), waiting = call('ZCARD', P .. ':waiting'),
  oldest = oldest and now - tonumber(oldest) or 0, spool = call('XLEN', SPOOL), evicted = num(call('GET', P .. ':evicted:' .. NODE))})
