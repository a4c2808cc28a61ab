-- accept: the adviser becomes the owner; one millisecond late is late. A transfer's old owner loses the
-- leg here and not before. Idempotent by offer. ARGV: 4 adviser, 5 console epoch, 6 offer. Reply: leg
-- with history.
local aid = ARGV[4]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
local id, c = offeredTo(aid, ARGV[6])
if not id then
  id, c = taken(aid, ARGV[6])
  if not id then return {4} end
  return leg(id, c)
end
if now > num(c.expires) then return {4} end
call('SREM', P .. ':offers:' .. aid, id)
local old = c.state == 'transferring' and c.owner
own(id, c, aid, a, old and 'transferred' or nil)
if old then
  local o = adviser(old)
  call('SREM', P .. ':legs:' .. old, id)
  release(old, o, c.oldweight)
  tella(old, o, 'lost', {contact = id, reason = 'transferred', duty = duty(o)})
  feed(old, o)
end
return leg(id, c)
