-- end: the conversation is over; the person's side is cut off, the slot is held for the outcome.
-- Idempotent by state. ARGV: 4 adviser, 5 console epoch, 6 contact, 7 reason.
local aid, id = ARGV[4], ARGV[6]
if adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
local c = contact(id)
if c.owner ~= aid then return {2} end
if c.state == 'wrapping' or c.state == 'owed' then return ok() end
if c.state == 'parked' then
  endParked(id, c, ARGV[7])
  return ok()
end
if not live(c) and c.state ~= 'external' then return {2} end
if c.windows and c.result ~= 'reached' then return {11} end -- a call ends by its attempt
local asked = wrap(id, c, ARGV[7])
if asked then feed(asked, adviser(asked)) end
return ok()
