-- ticket: what opens one socket, once, for its short life, with a number by which consoles of one adviser are ordered.
-- It is the instant, or one more than the last where that is higher: so it rises though Redis has lost the last one.
-- ARGV: 4 hash of the ticket, 5 hash of the session, 6 life (ms).
local n = int(math.max(num(call('HGET', META, 'ticket')) + 1, now))
call('HSET', META, 'ticket', n)
call('SET', P .. ':ticket:' .. ARGV[4], ARGV[5], 'PX', ARGV[6])
call('SET', P .. ':ticket:' .. ARGV[4] .. ':n', n, 'PX', ARGV[6]) -- apart: a node of an earlier version reads the other alone
return {0, '', {}}
