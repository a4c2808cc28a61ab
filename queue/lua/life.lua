-- How legs end, and what lost connections do to them.
local DANGER = 'danger'

-- Everything that was said and told, the key that could read it, and the language where it is rare.
local COMMON = {fi = true, sv = true, en = true}
local function erase(id, c)
  call('DEL', P .. ':s:' .. id, P .. ':m:' .. id)
  call('HDEL', P .. ':c:' .. id, 'key', 'intake', 'rate_contact', 'rate_adviser', 'count', 'last', 'wrote', 'alias',
    'excluded', 'held', 'heldin')
  if not COMMON[c.language] then call('HSET', P .. ':c:' .. id, 'language', 'other', 'group', 'other') end
  c.key = nil
end
-- What an adviser wrote in these ranges ("from to ", from itself not in it): nobody's page has shown it.
local function unseen(id, ranges)
  local list = {}
  for from, to in string.gmatch(ranges or '', '(%d+) (%d+)') do
    for _, m in ipairs(call('XRANGE', P .. ':s:' .. id, '(' .. from .. '-0', to .. '-0')) do
      if m[2][2] == 'adviser' then list[#list + 1] = m end
    end
  end
  return list
end
-- Up to where a page has received. Below the floor it is the last word of a page that a return by number
-- has replaced: what it had shown is held for nobody.
local function shown(id, c, got)
  if got > num(c.got) then return putc(id, c, 'got', math.min(got, num(c.seq))) end
  if (c.heldin or '') == '' or got > num(c.floor) then return end
  local left = string.gsub(c.heldin, '(%d+) (%d+) ', function(from, to)
    if got <= tonumber(from) or got > tonumber(to) then return end
    return got < tonumber(to) and fmt('%.0f %s ', got, to) or ''
  end)
  if left ~= c.heldin then putc(id, c, 'heldin', left, 'held', #unseen(id, left)) end
end
-- Text is gone that somebody may have seen: both sides read it in the conversation, as a message of the
-- house without text.
local function missing(id, c)
  local seq = math.max(num(c.seq) + 1, tonumber(ARGV[1]) * 1000000 + 1)
  local cid = uuid(id .. 'lost' .. seq)
  call('XADD', P .. ':s:' .. id, seq .. '-0', 'from', 'system', 'cid', cid, 'sealed', '', 'at', now)
  putc(id, c, 'seq', seq, 'missing', ARGV[1])
  event('text_lost', id, c, c.owner)
  local t = {contact = id, seq = seq, cid = cid, from = 'system', sealed = '', key = c.key, at = now}
  tellc(id, c, 'message', t)
  if (c.owner or '') ~= '' then
    t = {contact = id, seq = seq, cid = cid, from = 'system', sealed = '', key = c.key, at = now}
    tella(c.owner, adviser(c.owner), 'message', t)
  end
end
local function unnumber(id, c)
  local key = P .. ':number:' .. (c.number or '')
  if call('GET', key) == id then call('DEL', key) end
end

-- What a person waits for goes; whoever was asked is free for others.
local function unplace(id, c)
  local aid
  if c.state == 'offered' or c.state == 'transferring' then aid = withdraw(id, c, 'revoked', 'contact_left') end
  unclass(id, c)
  untimer('away|' .. id)
  return aid
end
local function close(id, c, state, kind, reason)
  local aid = unplace(id, c)
  untimer('life|' .. id, 'danger|' .. id)
  book.free(id, c)
  putc(id, c, 'state', state, 'ended', now, 'reason', reason)
  event(kind, id, c, '', reason)
  tellc(id, c, 'ended', {reason = reason})
  alarm(id, c, 'closed')
  if aid then feed(aid, adviser(aid)) end
end
-- Danger never ends by silence: a person has to look.
local function dangerOpen(id, c, reason)
  local aid = unplace(id, c)
  if c.state == 'parked' then call('SREM', P .. ':parked:' .. c.owner, id) end
  putc(id, c, 'state', 'danger_open', 'reason', reason, 'owner', '')
  event('danger_open', id, c, '', reason)
  timer('danger|' .. id, now + @danger)
  alarm(id, c, 'open')
  if aid then feed(aid, adviser(aid)) end
end

-- The person's side of a conversation is cut off; the slot stays taken for the outcome. Gives whom a
-- transfer had asked, to be fed at the end.
local function wrap(id, c, reason)
  local aid
  unlisten(id, c)
  if c.state == 'transferring' then aid = withdraw(id, c, 'revoked', 'superseded') end
  untimer('quiet|' .. id, 'life|' .. id)
  book.free(id, c)
  unnumber(id, c)
  putc(id, c, 'state', 'wrapping', 'ended', now, 'reason', reason)
  timer('wrap|' .. id, now + @wrap)
  event('ended', id, c, c.owner, reason)
  tellc(id, c, 'ended', {reason = reason})
  return aid
end
-- The form is owed, no slot is held for it any more.
local function owe(id, c)
  erase(id, c)
  call('ZADD', P .. ':owed', c.ended, id)
  putc(id, c, 'state', 'owed')
  timer('due|' .. id, num(c.ended) + @due)
  event('owed', id, c, c.owner, c.reason)
end
-- The form of somebody who is off duty is everybody's at once, any other 12 h after the end.
local function everybodys(c)
  return c.state == 'owed' and (now - num(c.ended) >= 43200000 or adviser(c.owner).duty == 'off')
end
-- How long a leg took its adviser, for the ranges that waiting people are told.
local function handled(c)
  if c.external == '1' then return end
  call('LPUSH', P .. ':handling', now - num(c.accepted))
  call('LTRIM', P .. ':handling', 0, 49)
end
local function unwrap(id, c)
  handled(c)
  untimer('wrap|' .. id)
  call('SREM', P .. ':legs:' .. c.owner, id)
  owe(id, c)
  release(c.owner, adviser(c.owner), c.weight)
end
-- A parked leg is its adviser's no longer.
local function unpark(id, c, reason)
  call('SREM', P .. ':parked:' .. c.owner, id)
  tella(c.owner, adviser(c.owner), 'lost', {contact = id, reason = reason})
end
local function endParked(id, c, reason)
  unpark(id, c, 'left')
  untimer('life|' .. id)
  unnumber(id, c)
  putc(id, c, 'state', 'wrapping', 'ended', now, 'reason', reason)
  event('ended', id, c, c.owner, reason)
  owe(id, c)
end

-- An active leg leaves its adviser and goes on top, at its original arrival, text and draft with it.
local function unown(id, c, reason)
  unlisten(id, c)
  local aid = c.owner
  if c.state == 'transferring' then unkept((withdraw(id, c, 'revoked', 'adviser_lost'))) end
  call('SREM', P .. ':legs:' .. aid, id)
  untimer('quiet|' .. id)
  release(aid, adviser(aid), c.weight)
  putc(id, c, 'state', (c.up == '1' or c.windows) and 'waiting' or 'away', 'lane', c.lane == DANGER and DANGER or 'continuation',
    'owner', '', 'alias', '', 'epoch', num(c.epoch) + 1)
  if c.windows and c.result == 'reached' then -- not for good: its window ends again
    putc(id, c, 'result', '')
    timer('shut|' .. id, num(c.till))
  end
  event('requeued', id, c, aid, reason)
  if c.up == '1' then tellc(id, c, 'waiting') end
end
local function rewait(id, c)
  if c.state == 'waiting' then return wait(id, c) end
  timer('away|' .. id, now + @away)
  alarm(id, c, 'waiting')
end
-- Legs that an adviser has in these states, by arrival.
local function legs(aid, want, other)
  local list = {}
  for _, id in ipairs(byArrival(call('SMEMBERS', P .. ':legs:' .. aid))) do
    local s = contact(id).state
    if s == want or s == other then list[#list + 1] = id end
  end
  return list
end
local function unownAll(aid, reason)
  local list = legs(aid, 'active', 'transferring')
  for _, id in ipairs(list) do unown(id, contact(id), reason) end
  for _, id in ipairs(list) do rewait(id, contact(id)) end
end

local function consoledown(aid, a)
  puta(aid, a, 'up', '0')
  call('SREM', P .. ':n:' .. (a.node or ''), 'a|' .. aid .. '|' .. a.conn)
  local stopped = refresh(aid, a)
  withdrawAll(aid, 'adviser_lost')
  if stopped then rematch(aid, a) end
  for _, id in ipairs(legs(aid, 'active', 'transferring')) do tellc(id, contact(id), 'away') end
  timer('lost|' .. aid, now + @grace)
end

local function contactdown(id, c)
  call('SREM', P .. ':n:' .. (c.node or ''), 'c|' .. id .. '|' .. (c.socket or ''))
  putc(id, c, 'up', '0', 'socket', '', 'node', '', 'gone', now)
  if c.windows then return end
  if c.state == 'active' or c.state == 'transferring' then timer('quiet|' .. id, now + @quiet) end
  if c.state ~= 'waiting' and c.state ~= 'offered' then return end
  local aid = unplace(id, c)
  putc(id, c, 'state', 'away')
  timer('away|' .. id, now + (c.lane == DANGER and @awaydanger or @away))
  event('away', id, c, '')
  if aid then feed(aid, adviser(aid)) end
end
-- Somebody who kept a place is back. A parked leg asks its owner first.
local function returned(id, c, kind)
  local owner, was = c.owner or '', c.state
  putc(id, c, 'state', 'waiting', 'exit', '')
  if was == 'parked' then
    unpark(id, c, 'returned')
    putc(id, c, 'owner', '', 'alias', '', 'lane', c.lane == DANGER and DANGER or 'continuation')
  end
  untimer('danger|' .. id)
  event(kind or 'returned', id, c)
  local a = was == 'parked' and adviser(owner)
  if a and not held and free(a) and num(a.used) + weight(c, a) <= num(a.capacity) then
    return offer(id, c, owner, a, '{"rule":"owner"}')
  end
  wait(id, c)
end
