-- typing: tells the contact that its adviser writes. The instant alone is kept: nothing ends while somebody
-- writes.
-- ARGV: 4 adviser, 5 console epoch, 6 contact.
local c = contact(ARGV[6])
if c.owner ~= ARGV[4] or c.state ~= 'active' and c.state ~= 'transferring' then return {2} end
if adviser(ARGV[4]).conn ~= ARGV[5] then return unseated(adviser(ARGV[4]), ARGV[5]) end
putc(ARGV[6], c, 'wrote', now)
tellc(ARGV[6], c, 'typing')
return ok()
