-- transfer: the leg is offered to another adviser; the owner keeps it until they accept.
-- ARGV: 4 adviser, 5 console epoch, 6 contact, 7 target.
local aid, id, target = ARGV[4], ARGV[6], ARGV[7]
if adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
local c = contact(id)
if c.owner ~= aid then return {2} end
if c.state == 'transferring' and c.offered == target then return ok() end
if c.state ~= 'active' then return {2} end
local t = adviser(target)
if target == aid or not free(t) or num(t.used) + weight(c, t) > num(t.capacity) then return {10} end
offer(id, c, target, t, '{"rule":"transfer"}', 'transferring', 'transfer')
return ok()
