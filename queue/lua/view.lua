-- view: how a contact stands, for its own page; without a socket it counts as presence.
-- ARGV: 4 contact, 5 version. Reply: standing.
local id = ARGV[4]
local c = contact(id)
if not bearer(c, ARGV[5]) then return {2} end
if num(c.ended) > 0 and now - num(c.ended) > 600000 then return {2} end
if c.state == 'away' and c.exit ~= '1' or c.state == 'parked' or c.state == 'danger_open' and c.exit ~= '1' then returned(id, c) end
if (c.state == 'waiting' or c.state == 'offered') and c.up ~= '1' and not c.windows then
  timer('away|' .. id, now + (c.lane == 'danger' and @awaydanger or @away))
end
return ok(standing(id, c))
