-- The adviser becomes the owner, by an accepted offer or by taking.
local function own(id, c, aid, a, reason)
  unlisten(id, c)
  untimer('offer|' .. id, 'away|' .. id, 'seek|' .. id)
  book.undrain(id, c)
  putc(id, c, 'state', 'active', 'owner', aid, 'alias', a.alias or '', 'took', c.offer, 'offer', '', 'offered', '',
    'accepted', num(c.accepted) > 0 and c.accepted or now, 'told', c.up == '1' and '0' or '1', 'oldweight', c.weight or 1,
    'weight', c.offerweight or 1, 'excluded', '', 'wrote', now, 'turns', num(c.turns) + 1)
  puta(aid, a, 'misses', 0)
  call('SADD', P .. ':legs:' .. aid, id)
  event('accepted', id, c, aid, reason)
  tellc(id, c, reason == 'transferred' and 'transferred' or 'joined', {alias = a.alias or ''})
  if c.up ~= '1' and not c.windows then tella(aid, a, 'contact', {contact = id, state = 'away'}) end
  tellending(id, c, aid, a, true)
  alarm(id, c, 'taken')
  local band = math.floor(now / 3600000)
  call('HINCRBY', P .. ':answered', band, 1)
end
-- The leg that this offer became, for who asks again.
local function taken(aid, offer)
  for _, id in ipairs(call('SMEMBERS', P .. ':legs:' .. aid)) do
    if contact(id).took == offer then return id, contact(id) end
  end
end
local function leg(id, c)
  c.contact, c.now = id, now
  -- Who speaks the language needs no interpreter, whatever class the leg came from.
  local mine = ',' .. (adviser(c.owner).groups or '') .. ','
  if string.find(mine, ',' .. c.language .. ',', 1, true) then c.group = c.language end
  local said = call('XRANGE', P .. ':s:' .. id, '-', '+')
  if #said > 0 then c.history = said end
  return ok(c)
end
