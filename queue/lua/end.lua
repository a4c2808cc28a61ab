-- end: the conversation is over; the person's side is cut off, the slot is held for the outcome.
-- Idempotent by state. ARGV: 5 adviser, 6 console epoch, 7 contact, 8 reason, 9 wrap ms.
local aid, id = ARGV[5], ARGV[7]
if adviser(aid).conn ~= ARGV[6] then return {5} end
local c = contact(id)
if c.owner ~= aid then return {2} end
if c.state == 'wrapping' or c.state == 'owed' then return ok() end
if c.state ~= 'active' then return {2} end
wrap(id, c, ARGV[8], tonumber(ARGV[9]))
return ok()
