-- heartbeat: keeps this node's lease and tells it the channel counter and the queue's figures.
-- ARGV: 4 whether Redis has little memory left: then nobody new is let in for a lease.
-- Reply: {count, waiting, oldest ms, spool, refused, evicted, events, unmanned}; evicted counts how often the lease was
-- over: everybody who was on this node counts as gone. events rises with every change of the queue.
local at = call('ZSCORE', TIMERS, 'node|' .. NODE)
if at and tonumber(at) <= now then evict(NODE) end
timer('node|' .. NODE, now + @lease)
if ARGV[4] == '1' then call('HSET', META, 'full', now + @lease) end
call('HSETNX', P .. ':nodes', NODE, 0) -- what everybody is told reaches this node too
call('PEXPIRE', P .. ':evicted:' .. NODE, 86400000) -- the mark lives as long as its node
local oldest, waiting, flat = now, 0, call('HGETALL', P .. ':classes')
for i = 1, #flat, 2 do
  waiting = waiting + tonumber(flat[i + 1])
  oldest = math.min(oldest, num(call('ZRANGE', P .. ':w:' .. flat[i], 0, 0, 'WITHSCORES')[2] or now))
end
return ok({count = num(call('HGET', P .. ':nodes', NODE)), waiting = waiting, oldest = now - oldest,
  spool = call('XLEN', SPOOL), refused = call('XLEN', P .. ':refused'), evicted = num(call('GET', P .. ':evicted:' .. NODE)), events = num(call('HGET', META, 'events')),
  unmanned = call('HEXISTS', P .. ':page:line', 'id') == 1})
