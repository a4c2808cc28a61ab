-- typing: tells the contact that its adviser writes; nothing is stored.
-- ARGV: 5 adviser, 6 console epoch, 7 contact.
local c = contact(ARGV[7])
if c.owner ~= ARGV[5] or c.state ~= 'active' then return {2} end
if adviser(ARGV[5]).conn ~= ARGV[6] then return {5} end
tellc(ARGV[7], c, 'typing')
return ok()
