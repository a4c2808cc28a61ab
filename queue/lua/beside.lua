-- Calls and visits that come beside the queue. Their leg has an owner and a form, no slot and no page of a
-- person: it is never queued, offered or handed on, and takes no part in the rule. State external while it
-- lasts, then as any other. :phones holds who is on the telephone, for as long as the call's leg is open.
local beside = {}
-- The leg by its id, a new one where there is none; nil when another has it, false when there are too many.
function beside.open(id, aid, channel)
  local c = contact(id)
  if c.state then return c.owner == aid and c.external == '1' and c or nil end
  if call('SCARD', P .. ':legs:' .. aid) >= 20 then return false end
  putc(id, c, 'state', 'external', 'external', '1', 'channel', channel, 'language', 'und', 'lane', 'ordinary', 'arrival', now,
    'accepted', now, 'owner', aid, 'epoch', 0, 'version', 1, 'weight', 0)
  call('SADD', P .. ':legs:' .. aid, id)
  event('external', id, c, aid)
  return c
end
-- The call for which somebody is on the telephone: the one that is open, or a new one.
function beside.phone(id, aid, a)
  if (a.call or '') == '' or contact(a.call).state ~= 'external' then
    if not beside.open(id, aid, 'phone') then return end
    puta(aid, a, 'call', id)
  end
  call('SADD', P .. ':phones', aid)
  return a.call
end
-- Its adviser is gone: the form is owed.
function beside.giveUp(aid, reason)
  for _, id in ipairs(legs(aid, 'external')) do
    wrap(id, contact(id), reason)
    unwrap(id, contact(id))
  end
end
