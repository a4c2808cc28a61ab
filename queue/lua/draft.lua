-- draft: an unfinished form, sealed, with the contact. ARGV: 4 adviser, 5 console epoch, 6 contact,
-- 7 version, 8 draft.
local aid, id = ARGV[4], ARGV[6]
if adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
local c = contact(id)
local open = c.state == 'active' or c.state == 'transferring' or c.state == 'parked' or c.state == 'wrapping' or c.state == 'owed'
  or c.state == 'external'
if not open then return {2} end
if c.owner ~= aid and not everybodys(c) then return {2} end
if tonumber(ARGV[7]) < num(c.draftversion) then return {6} end
putc(id, c, 'draft', ARGV[8], 'draftversion', ARGV[7])
return ok()
