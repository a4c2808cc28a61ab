-- duty: ready, paused, on_phone or off; off while holding legs drains. Leaving ready gives live offers
-- back without blame. Ready counts once the console was heard. Who is the last one ready for a language
-- stops only when they say so twice; a telephone that rings does not wait for that.
-- ARGV: 4 adviser, 5 console epoch, 6 state, 7 reason, 8 audible, 9 confirmed, 10 the telephone call that
-- on_phone opens. Reply: duty.
local aid, state = ARGV[4], ARGV[6]
local a = (state == 'ready' or state == '') and chosen(aid, true) or adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
if (state == 'paused' or state == 'off') and ARGV[9] ~= '1' and last(a) then return {14} end
local new = {}
if ARGV[8] == '1' then new[1], new[2], a.audible = 'audible', '1', '1' end
if state ~= '' then
  local n = #new
  new[n + 1], new[n + 2], new[n + 3], new[n + 4] = 'duty', state, 'reason', ARGV[7]
  a.duty, a.reason = state, ARGV[7]
end
local later = serving(a) and num(a.shy) <= now and not callsWait() -- exclusions and calls ask who serves
if new[1] and not later then call('HSET', names[a], unpack(new)) end
if state == 'paused' and ARGV[7] == 'debrief' then shift.count('debrief') end
if serving(a) then
  refresh(aid, a, later and new)
  feed(aid, a, later and new)
end
if state == '' or state == 'ready' then return ok(dutytext(a)) end
local stopped = refresh(aid, a)
withdrawAll(aid, state == 'on_phone' and state or 'superseded')
if state == 'off' and num(a.used) > 0 then puta(aid, a, 'duty', 'draining') end
if stopped then rematch(aid, a) end
local reply = duty(a)
if state == 'on_phone' and ARGV[10] ~= '' then reply.call = beside.phone(ARGV[10], aid, a) end
return ok(reply)
