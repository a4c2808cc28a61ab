-- typing: tells the contact that its adviser writes; nothing is stored.
-- ARGV: 4 adviser, 5 console epoch, 6 contact.
local c = contact(ARGV[6])
if c.owner ~= ARGV[4] or c.state ~= 'active' and c.state ~= 'transferring' then return {2} end
if adviser(ARGV[4]).conn ~= ARGV[5] then return {5} end
tellc(ARGV[6], c, 'typing')
return ok()
