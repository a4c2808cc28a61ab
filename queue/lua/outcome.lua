-- outcome: the form stands (sealed, in the event), the text is destroyed, the slot is free. Without
-- end it ends too; again it corrects. ARGV: 5 adviser, 6 console epoch, 7 contact, 8 generation,
-- 9 key (base64), 10 wrapped, 11 sealed, 12 keep ms, 13 wrap ms.
local aid, id = ARGV[5], ARGV[7]
if adviser(aid).conn ~= ARGV[6] then return {5} end
local c = contact(id)
local mine = c.owner == aid or c.recorder == aid
if c.state == 'owed' and now - num(c.ended) >= 43200000 then mine = true end
if not c.state or not mine then return {2} end
local staged = {generation = ARGV[8], key = ARGV[9], wrapped = ARGV[10], sealed = ARGV[11]}
if c.state == 'completed' and num(c.recorded) > 0 then
  event('corrected', id, c, aid, c.reason, staged)
  return ok()
end
if c.state == 'active' then wrap(id, c, 'done', tonumber(ARGV[13])) end
if c.state ~= 'wrapping' and c.state ~= 'owed' then return {2} end
local held = c.state == 'wrapping'
untimer('wrap|' .. id, 'due|' .. id)
call('ZREM', P .. ':owed', id)
erase(id, c)
call('HDEL', P .. ':c:' .. id, 'draft')
putc(id, c, 'state', 'completed', 'recorded', now, 'recorder', aid)
timer('gone|' .. id, now + tonumber(ARGV[12]))
event('recorded', id, c, aid, c.reason, staged)
if held then
  local a = adviser(c.owner)
  call('SREM', P .. ':legs:' .. c.owner, id)
  release(c.owner, a)
  feed(c.owner, a)
  tella(c.owner, a, 'duty', {duty = duty(a)})
end
return ok()
