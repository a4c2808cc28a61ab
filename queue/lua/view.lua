-- view: how a contact stands, for its own page; without a socket it counts as presence.
-- ARGV: 5 contact, 6 version, 7 away ms, 8 danger away ms. Reply: view.
local id = ARGV[5]
local c = contact(id)
if not bearer(c, ARGV[6]) then return {2} end
if num(c.ended) > 0 and now - num(c.ended) > 600000 then return {2} end
if c.state == 'away' and c.exit ~= '1' then
  putc(id, c, 'state', 'waiting')
  event('returned', id, c)
  queue(id, c)
  seek(id, c)
end
if (c.state == 'waiting' or c.state == 'offered') and c.up ~= '1' then
  timer('away|' .. id, now + tonumber(c.lane == 'danger' and ARGV[8] or ARGV[7]))
end
return ok({state = c.state, alias = c.alias or '', seq = num(c.seq), floor = num(c.floor),
  ahead = place(id, c), key = c.key or '', version = num(c.version)})
