-- external: a call or visit that came beside the queue. Idempotent by contact id. ARGV: 4 adviser,
-- 5 console epoch, 6 contact, 7 channel (empty: one that is there). Reply: its leg.
local aid, id = ARGV[4], ARGV[6]
if adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
if ARGV[7] == '' and not contact(id).state then return {2} end
local c = beside.open(id, aid, ARGV[7])
if not c then return {c == nil and 2 or 7} end
c.contact, c.now = id, now
return ok(c)
