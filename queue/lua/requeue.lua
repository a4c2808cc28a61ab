-- requeue: the leg goes back to the queue, on top, at its original arrival, in another language when one
-- is given; who gave it away is not asked again while others are on duty.
-- ARGV: 4 adviser, 5 console epoch, 6 contact, 7 language.
local aid, id = ARGV[4], ARGV[6]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
local c = contact(id)
if c.owner ~= aid or c.state ~= 'active' then return {2} end
if ARGV[7] ~= '' and not sound(ARGV[7], c.lane) then return {13} end
if ARGV[7] ~= '' then putc(id, c, 'language', ARGV[7], 'any', '', 'group', group(ARGV[7], c.skill)) end
exclude(id, c, aid)
unown(id, c, 'transferred')
rewait(id, c)
feed(aid, a)
return ok(duty(a))
