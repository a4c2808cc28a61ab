-- owner: who has a callback, its windows, and the instant: the line's clock decides whether one may dial.
-- ARGV: 4 contact. Reply: {owner, windows, now}.
local c = contact(ARGV[4])
if not c.state then return {2} end
return ok({owner = c.owner or '', windows = c.windows or '', now = now})
