-- draft: an unfinished form, sealed, with the contact. ARGV: 5 adviser, 6 console epoch, 7 contact,
-- 8 version, 9 draft.
local aid, id = ARGV[5], ARGV[7]
if adviser(aid).conn ~= ARGV[6] then return {5} end
local c = contact(id)
local open = c.state == 'active' or c.state == 'wrapping' or c.state == 'owed'
if not open then return {2} end
if c.owner ~= aid and not (c.state == 'owed' and now - num(c.ended) >= 43200000) then return {2} end
if tonumber(ARGV[8]) < num(c.draftversion) then return {6} end
putc(id, c, 'draft', ARGV[9], 'draftversion', ARGV[8])
return ok()
