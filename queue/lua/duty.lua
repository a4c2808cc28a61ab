-- duty: ready, paused or off; off while holding legs drains. Leaving ready gives live offers back
-- without blame. ARGV: 4 adviser, 5 console epoch, 6 state, 7 reason, 8 audible. Reply: duty.
local aid, state = ARGV[4], ARGV[6]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return {5} end
if ARGV[8] == '1' then puta(aid, a, 'audible', '1') end
if state == '' then return ok(duty(a)) end
puta(aid, a, 'duty', state, 'reason', ARGV[7])
if state == 'ready' then
  refresh(aid, a)
  feed(aid, a)
  return ok(duty(a))
end
local stopped = refresh(aid, a)
withdrawAll(aid, 'superseded')
if state == 'off' and num(a.used) > 0 then puta(aid, a, 'duty', 'draining') end
if stopped then rematch(aid, a) end
return ok(duty(a))
