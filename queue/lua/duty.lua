-- duty: ready, paused or off; off while holding legs drains. Leaving ready gives live offers back
-- without blame. ARGV: 5 adviser, 6 console epoch, 7 state, 8 reason, 9 audible. Reply: duty.
local aid, state = ARGV[5], ARGV[7]
local a = adviser(aid)
if a.conn ~= ARGV[6] then return {5} end
if ARGV[9] == '1' then puta(aid, a, 'audible', '1') end
if state == '' then return ok(duty(a)) end
puta(aid, a, 'duty', state, 'reason', ARGV[8])
if state == 'ready' then
  puta(aid, a, 'cool', 0)
  feed(aid, a)
  return ok(duty(a))
end
refresh(aid, a)
for _, id in ipairs(call('SMEMBERS', P .. ':offers:' .. aid)) do
  local c = contact(id)
  withdraw(id, c, 'revoked', 'superseded', 0)
  queue(id, c)
  seek(id, c)
end
a = adviser(aid)
if state == 'off' and num(a.used) > 0 then puta(aid, a, 'duty', 'draining') end
return ok(duty(a))
