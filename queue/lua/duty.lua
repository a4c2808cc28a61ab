-- duty: ready, paused, on_phone or off; off while holding legs drains. Leaving ready gives live offers
-- back without blame. Ready counts once the console was heard. Who is the last one ready for a language
-- stops only when they say so twice; a telephone that rings does not wait for that.
-- ARGV: 4 adviser, 5 console epoch, 6 state, 7 reason, 8 audible, 9 confirmed, 10 the telephone call that
-- on_phone opens. Reply: duty.
local aid, state = ARGV[4], ARGV[6]
local a = (state == 'ready' or state == '') and readied(aid) or adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
if (state == 'paused' or state == 'off') and ARGV[9] ~= '1' and last(a) then return {14} end
local heard, new = ARGV[8] == '1', nil
if heard then a.audible = '1' end
if state == '' then new = heard and {'audible', '1'} or {}
else
  a.duty, a.reason = state, ARGV[7]
  new = {'duty', state, 'reason', ARGV[7], heard and 'audible' or nil, heard and '1' or nil, nil, nil}
end
local serves = serving(a)
local later = serves and num(a.shy) <= now and not callsWait() -- exclusions and calls ask who serves
if new[1] and not later then call('HSET', names[a], unpack(new)) end
if state == 'paused' and ARGV[7] == 'debrief' then shift.count('debrief') end
if serves then
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
