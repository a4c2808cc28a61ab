-- accept: the adviser becomes the owner; one millisecond late is late. Idempotent by offer.
-- ARGV: 5 adviser, 6 console epoch, 7 offer. Reply: leg with history.
local aid = ARGV[5]
local a = adviser(aid)
if a.conn ~= ARGV[6] then return {5} end
local id = call('GET', P .. ':o:' .. ARGV[7])
if not id then return {4} end
local c = contact(id)
local function leg()
  c.contact, c.now = id, now
  local said = call('XRANGE', P .. ':s:' .. id, '-', '+')
  if #said > 0 then c.history = said end
  return ok(c)
end
if c.took == ARGV[7] and c.owner == aid and (c.state == 'active' or c.state == 'wrapping') then return leg() end
if c.state ~= 'offered' or c.offer ~= ARGV[7] or c.offered ~= aid then return {4} end
if now > num(c.expires) then return {4} end
call('SREM', P .. ':offers:' .. aid, id)
untimer('offer|' .. id, 'away|' .. id)
putc(id, c, 'state', 'active', 'owner', aid, 'alias', a.alias or '', 'took', ARGV[7], 'offer', '', 'offered', '',
  'accepted', num(c.accepted) > 0 and c.accepted or now, 'told', c.up == '1' and '0' or '1')
call('SADD', P .. ':legs:' .. aid, id)
event('accepted', id, c, aid)
tellc(id, c, 'joined', {alias = a.alias or ''})
if c.up ~= '1' then tella(aid, a, 'contact', {contact = id, state = 'away'}) end
return leg()
