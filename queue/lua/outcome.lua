-- outcome: the form stands (sealed, in the event), the text is destroyed, the slot is free. Without
-- end it ends too; again it corrects. ARGV: 4 adviser, 5 console epoch, 6 contact, 7 generation,
-- 8 key (base64), 9 wrapped, 10 sealed, 11 until when it may be corrected (ms, 0: as long as it is known).
-- Epoch -1 is a supervisor at the board, who finishes what is owed and has no leg.
local aid, id = ARGV[4], ARGV[6]
if ARGV[5] ~= '-1' and adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
local c = contact(id)
if ARGV[5] == '-1' and c.state ~= 'owed' and c.state ~= 'completed' then return {2} end
if not c.state or c.owner ~= aid and c.recorder ~= aid and not everybodys(c) then return {2} end
local staged = {generation = ARGV[7], key = ARGV[8], wrapped = ARGV[9], sealed = ARGV[10]}
if c.state == 'completed' and num(c.recorded) > 0 then
  if num(c.correct) > 0 and now > num(c.correct) then return {2} end
  event('corrected', id, c, aid, c.reason, staged)
  return ok()
end
local asked
if live(c) and c.windows and c.result ~= 'reached' then return {11} end
if live(c) or c.state == 'external' then asked = wrap(id, c, 'done') end
if c.state == 'parked' then endParked(id, c, 'done') end
if c.state ~= 'wrapping' and c.state ~= 'owed' then return {2} end
local slot = c.state == 'wrapping'
untimer('wrap|' .. id, 'due|' .. id)
call('ZREM', P .. ':owed', id)
erase(id, c)
call('HDEL', P .. ':c:' .. id, 'draft', 'continued', 'interpreter')
if c.matter_card ~= '1' then call('HDEL', P .. ':c:' .. id, 'matter') end
putc(id, c, 'state', 'completed', 'recorded', now, 'recorder', aid, 'correct', num(ARGV[11]))
timer('gone|' .. id, now + @due)
event('recorded', id, c, aid, c.reason, staged)
if slot then
  local a = adviser(c.owner)
  call('SREM', P .. ':legs:' .. c.owner, id)
  handled(c)
  release(c.owner, a, c.weight)
  feed(c.owner, a)
  tella(c.owner, a, 'duty', {duty = duty(a)})
end
if asked then feed(asked, adviser(asked)) end
return ok()
