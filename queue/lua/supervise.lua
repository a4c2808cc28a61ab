-- supervise: a supervisor changes an adviser's duty: paused or off, never ready, which only a person who
-- hears can be. ARGV: 4 adviser, 5 state, 6 reason.
local aid, state = ARGV[4], ARGV[5]
local a = adviser(aid)
if not a.conn or a.up ~= '1' then return {20} end
puta(aid, a, 'duty', state, 'reason', ARGV[6])
local stopped = refresh(aid, a)
withdrawAll(aid, 'superseded')
if state == 'off' and num(a.used) > 0 then puta(aid, a, 'duty', 'draining') end
if stopped then rematch(aid, a) end
tella(aid, a, 'duty', {duty = duty(a)})
return ok(duty(a))
