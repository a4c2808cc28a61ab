-- How slots and offers are given back.
-- A slot is given back, without feeding: the caller may queue a contact first.
local function release(aid, a, w)
  puta(aid, a, 'used', math.max(num(a.used) - num(w or 1), 0))
  if a.duty == 'draining' and num(a.used) == 0 then puta(aid, a, 'duty', 'off', 'reason', '') end
  refresh(aid, a)
end

-- The contact of a live offer, among the few that an adviser has.
local function offeredTo(aid, offer)
  for _, id in ipairs(call('SMEMBERS', P .. ':offers:' .. aid)) do
    if contact(id).offer == offer then return id, contact(id) end
  end
end

-- Takes an offer back. A leg in transfer is its owner's again, any other waits without a place yet.
-- With a cooldown (also 0) it was the adviser's doing: excluded for this contact, idle clock reset.
local function withdraw(id, c, kind, reason, cooldown)
  local aid = c.offered
  local a = adviser(aid)
  call('SREM', P .. ':offers:' .. aid, id)
  untimer('offer|' .. id)
  local gone = c.offer
  putc(id, c, 'state', c.state == 'transferring' and 'active' or 'waiting', 'offer', '', 'offered', '', 'expires', 0)
  if cooldown then
    puta(aid, a, 'cool', math.max(now + cooldown, num(a.cool)), 'idle', now)
    if cooldown > 0 then timer('cool|' .. aid, num(a.cool)) end
    exclude(id, c, aid)
  end
  release(aid, a, c.offerweight)
  event(kind, id, c, aid, reason)
  tella(aid, a, 'revoked', {offer = gone, contact = id, reason = kind == 'declined' and kind or reason, duty = duty(a)})
  return aid, a
end
local function back(id, c, reason)
  if c.state == 'waiting' then return wait(id, c) end
  local a = adviser(c.owner)
  tella(c.owner, a, 'transfer_failed', {contact = id, reason = reason})
end
-- Every live offer of an adviser goes back without blame.
local function withdrawAll(aid, reason)
  local list = byArrival(call('SMEMBERS', P .. ':offers:' .. aid))
  for _, id in ipairs(list) do withdraw(id, contact(id), 'revoked', reason) end
  for _, id in ipairs(list) do back(id, contact(id), reason) end
end
