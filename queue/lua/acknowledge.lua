-- acknowledge: somebody who was paged comes. Again, or for a round that is over: nothing changes.
-- ARGV: 4 page, 5 adviser. Reply: {open}.
local g = call('GET', P .. ':paged:' .. ARGV[4])
if not g then return {2} end
local p = page.state(g)
if p.id ~= ARGV[4] then return ok({open = false}) end
if not page.rests(p) then page.acknowledge(g, p, ARGV[5]) end
return ok({open = true})
