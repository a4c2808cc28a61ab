-- contact_up: a contact's socket opened; an older one is replaced, a place that was kept is live again.
-- ARGV: 4 contact, 5 version, 6 socket. Reply: standing, with what was told at the intake (sealed).
local id = ARGV[4]
local c = contact(id)
if not bearer(c, ARGV[5]) then return {2} end
if num(c.ended) > 0 then
  if now - num(c.ended) > 600000 then return {2} end
  return ok(standing(id, c))
end
if (c.socket or '') ~= '' and c.socket ~= ARGV[6] then
  tellc(id, c, 'replaced', {state = c.socket})
  call('SREM', P .. ':n:' .. c.node, 'c|' .. id .. '|' .. c.socket)
end
putc(id, c, 'up', '1', 'node', NODE, 'socket', ARGV[6])
hold('c|' .. id .. '|' .. ARGV[6])
untimer('away|' .. id, 'quiet|' .. id)
if c.state == 'away' or c.state == 'parked' or c.state == 'danger_open' then returned(id, c)
elseif live(c) and c.told == '1' then
  putc(id, c, 'told', '0')
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'active'})
end
local out = standing(id, c)
out.told = c.intake
return ok(out)
