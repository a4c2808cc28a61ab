-- assign: one pair of a plan. Refused when it does not fit any more. ARGV: 4 contact, 5 adviser.
local id, aid = ARGV[4], ARGV[5]
local c, a = contact(id), adviser(aid)
if c.state ~= 'waiting' or not free(a) or excluded(c)[aid] then return {10} end
if num(a.used) + weight(c, a) > num(a.capacity) then return {10} end
if not string.find(',' .. (a.groups or '') .. ',', ',' .. c.group .. ',', 1, true) then return {10} end
unclass(id, c)
offer(id, c, aid, a, '{"rule":"plan"}')
return ok()
