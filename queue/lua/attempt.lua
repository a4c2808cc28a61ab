-- attempt: how a try to call went, by code. The owner gives the leg back unless the person was reached;
-- of a leg in review anybody on duty decides, who has looked. Idempotent by attempt.
-- ARGV: 4 adviser, 5 console epoch, 6 contact, 7 attempt, 8 result, 9 next (ms, 0: none), 10 windows, 11 keep,
-- 12 key and 13 intake, which a newly agreed time makes ('' and 0: as they are). Reply: next due, 0: none.
local aid, id, result, wish = ARGV[4], ARGV[6], ARGV[8], num(ARGV[9])
local a, c = adviser(aid), contact(id)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
if c.attempt == ARGV[7] then return ok(c.state == 'scheduled' and num(c.due) or 0) end
local mine, looked = c.owner == aid and c.state == 'active', c.state == 'review'
if not c.windows or not (mine or looked) then return {2} end
local changed = {'attempt', ARGV[7], 'result', result}
if ARGV[10] ~= '' then
  changed[5], changed[6], changed[7], changed[8] = 'windows', ARGV[10], 'overdue', tonumber(string.match(ARGV[10], '(%d+)$')) - 5400000
end
local tried = mine and result ~= 'no_interpreter' and result ~= 'cancelled' and result ~= 'superseded' and 1 or 0
local before, at = c.windows, math.max(wish, now + (looked and 0 or 1800000))
if ARGV[10] ~= '' then c.windows = ARGV[10] end
local due = book.next(c, at)
c.windows = before
if wish > 0 and due ~= wish and (due == nil or wish >= now + 1800000 or looked) then return {12} end
putc(id, c, 'attempts', num(c.attempts) + tried, 'tried', c.till or 0, unpack(changed))
if ARGV[10] ~= '' then
  timer('keep|' .. id, num(ARGV[11]))
  if ARGV[12] ~= '' then putc(id, c, 'key', ARGV[12], 'intake', ARGV[13]) end
end
if mine and result == 'reached' then
  untimer('risk|' .. id, 'shut|' .. id)
  event('attempted', id, c, aid, result)
  return ok(0)
end
if mine and (result == 'cancelled' or result == 'superseded') then
  event('attempted', id, c, aid, result)
  local asked = wrap(id, c, 'contact_cancelled')
  if asked then feed(asked, adviser(asked)) end
  return ok(0)
end
if mine then
  call('SREM', P .. ':legs:' .. aid, id)
  untimer('quiet|' .. id)
  release(aid, a, c.weight)
  putc(id, c, 'epoch', num(c.epoch) + 1)
end
if looked and wish == 0 then
  close(id, c, result == 'cancelled' and 'cancelled' or 'unreached', 'left', result)
  unnumber(id, c)
  erase(id, c)
  timer('gone|' .. id, now + @textidle)
  return ok(0)
end
local again = result == 'no_answer' or result == 'reached_later' or result == 'no_interpreter' or looked
if not again then book.review(id, c, result)
elseif num(c.attempts) >= 3 and result == 'no_answer' and not looked or not book.plan(id, c, at) then
  book.review(id, c, 'unreached')
else
  event('attempted', id, c, aid, result)
end
if mine then
  feed(aid, a)
  tella(aid, a, 'duty', {duty = duty(a)})
end
return ok(c.state == 'scheduled' and num(c.due) or 0)
