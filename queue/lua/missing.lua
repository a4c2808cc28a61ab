-- missing: a page has seen more than the conversation holds: Redis went back, and text is gone. Both sides
-- are told once in an incarnation. ARGV: 4 contact, 5 the highest number that was seen.
local id = ARGV[4]
local c = contact(id)
local seen = num(ARGV[5])
if not c.key or num(c.ended) > 0 or c.missing == ARGV[1] then return ok() end
if seen <= num(c.kept) or seen >= tonumber(ARGV[1]) * 1000000 then return ok() end
missing(id, c)
return ok()
