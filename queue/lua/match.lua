-- The match, in the same step as what made it possible. An adviser is in the ready set of each
-- language they serve exactly while a slot is free, their console is up, and no cooldown runs.
local LANES = {'danger', 'continuation', 'present', 'same_day', 'ordinary'}
local CREDIT = {danger = 1800, continuation = 600, present = 120, same_day = 120, ordinary = 0}
local SLOPE = {danger = 5, continuation = 3, present = 3, same_day = 3, ordinary = 1}

local function class(language, lane) return P .. ':w:' .. language .. '|' .. lane end
local function languages(a) return string.gmatch(a.languages or '', '[^,]+') end
local function duty(a)
  local up = a.up == '1'
  return {state = up and (a.duty or 'off') or 'lost', reason = a.reason or '', audible = a.audible == '1',
    used = num(a.used), capacity = num(a.capacity), ['until'] = num(a.cool) > now and num(a.cool) or 0}
end

local function refresh(aid, a)
  local serving = a.up == '1' and a.duty == 'ready'
  local free = serving and num(a.used) < num(a.capacity) and num(a.cool) <= now
  for l in languages(a) do
    call(serving and 'SADD' or 'SREM', P .. ':duty:' .. l, aid)
    if free then call('ZADD', P .. ':ready:' .. l, num(a.idle), aid)
    else call('ZREM', P .. ':ready:' .. l, aid) end
    if serving then call('SADD', P .. ':languages', l) end
  end
  return free
end

local function queue(id, c)
  call('ZADD', class(c.language, c.lane), c.arrival, id)
  call('ZADD', P .. ':waiting', c.arrival, id)
end
local function unqueue(id, c)
  call('ZREM', class(c.language, c.lane), id)
  call('ZREM', P .. ':waiting', id)
end

local function offernotice(id, c)
  return {contact = id, offer = c.offer, channel = c.channel, language = c.language, told = c.intake,
    key = c.key, lane = c.lane, arrival = num(c.arrival), now = now, expires = num(c.expires)}
end

-- UUIDv4 in shape; unique because the epoch of a contact only rises.
local function offerid(id, epoch)
  local h = redis.sha1hex(ARGV[2] .. id .. epoch)
  return string.sub(h, 1, 8) .. '-' .. string.sub(h, 9, 12) .. '-4' .. string.sub(h, 14, 16) .. '-a'
    .. string.sub(h, 18, 20) .. '-' .. string.sub(h, 21, 32)
end

local function offer(id, c, aid, a)
  unqueue(id, c)
  local epoch = num(c.epoch) + 1
  putc(id, c, 'state', 'offered', 'epoch', epoch, 'offer', offerid(id, epoch), 'offered', aid,
    'expires', now + OFFER_MS)
  call('SET', P .. ':o:' .. c.offer, id, 'PX', OFFER_MS + 600000)
  puta(aid, a, 'used', num(a.used) + 1, 'idle', now)
  call('SADD', P .. ':offers:' .. aid, id)
  refresh(aid, a)
  timer('offer|' .. id, now + OFFER_MS)
  event('offered', id, c, aid)
  local t = offernotice(id, c)
  t.duty = duty(a)
  tella(aid, a, 'offer', t)
end

-- A contact arrives or comes back: the free adviser who was idle longest.
local function seek(id, c)
  local aid = call('ZRANGE', P .. ':ready:' .. c.language, 0, 0)[1]
  if aid then offer(id, c, aid, adviser(aid)) end
end

-- A slot is free: among the heads of the adviser's classes the largest credit + slope x wait, then
-- the older arrival, then the id.
local function head(a)
  local best, id, arrival
  for l in languages(a) do
    for _, lane in ipairs(LANES) do
      local h = call('ZRANGE', class(l, lane), 0, 0, 'WITHSCORES')
      if h[1] then
        local at = tonumber(h[2])
        local p = CREDIT[lane] + SLOPE[lane] * (now - at) / 1000
        if not best or p > best or p == best and (at < arrival or at == arrival and h[1] < id) then
          best, id, arrival = p, h[1], at
        end
      end
    end
  end
  return id
end
local function feed(aid, a)
  while refresh(aid, a) do
    local id = head(a)
    if not id then return end
    offer(id, contact(id), aid, a)
  end
end

-- An adviser's slot is given back. Without feeding, so that the caller may queue a contact first.
local function release(aid, a)
  puta(aid, a, 'used', math.max(num(a.used) - 1, 0))
  if a.duty == 'draining' and num(a.used) == 0 then puta(aid, a, 'duty', 'off', 'reason', '') end
  refresh(aid, a)
end

-- Takes an offer back from its adviser. The contact's state is the caller's to set.
local function withdraw(id, c, kind, reason, cooldown)
  local aid = c.offered
  local a = adviser(aid)
  call('SREM', P .. ':offers:' .. aid, id)
  untimer('offer|' .. id)
  if cooldown > 0 then
    puta(aid, a, 'cool', now + cooldown, 'idle', now)
    timer('cool|' .. aid, now + cooldown)
  end
  local gone = c.offer
  putc(id, c, 'state', 'waiting', 'offer', '', 'offered', '', 'expires', 0)
  release(aid, a)
  event(kind, id, c, aid, reason)
  tella(aid, a, 'revoked', {offer = gone, contact = id, reason = reason, duty = duty(a)})
  return aid, a
end

local function place(id, c)
  if c.state ~= 'waiting' then return 0 end
  local arrival, ahead = num(c.arrival), 0
  local mine = CREDIT[c.lane] + SLOPE[c.lane] * (now - arrival) / 1000
  for _, lane in ipairs(LANES) do
    local before = arrival
    if lane ~= c.lane then before = now - 1000 * (mine - CREDIT[lane]) / SLOPE[lane] end
    ahead = ahead + call('ZCOUNT', class(c.language, lane), '-inf', '(' .. string.format('%.3f', before))
  end
  return ahead
end

-- Everything that was said and told, the key that could read it, and the language where it is rare.
local COMMON = {fi = true, sv = true, en = true}
local function erase(id, c)
  call('DEL', P .. ':s:' .. id, P .. ':m:' .. id)
  call('HDEL', P .. ':c:' .. id, 'key', 'intake', 'rate_contact', 'rate_adviser', 'count', 'last', 'alias')
  if not COMMON[c.language] then call('HSET', P .. ':c:' .. id, 'language', 'other') end
  c.key = nil
end
local function unnumber(id, c)
  local key = P .. ':number:' .. (c.number or '')
  if call('GET', key) == id then call('DEL', key) end
end

-- A leg that no adviser will have: waiting, offered or away people who go for good.
local function close(id, c, state, kind, reason)
  if c.state == 'offered' then
    local aid, a = withdraw(id, c, 'revoked', 'contact_left', 0)
    feed(aid, a)
  end
  unqueue(id, c)
  untimer('away|' .. id, 'life|' .. id)
  putc(id, c, 'state', state, 'ended', now, 'reason', reason)
  event(kind, id, c, '', reason)
  tellc(id, c, 'ended', {reason = reason})
end

-- The person's side of a conversation is cut off; the slot stays taken for the outcome.
local function wrap(id, c, reason, wrapms)
  untimer('quiet|' .. id, 'life|' .. id)
  unnumber(id, c)
  putc(id, c, 'state', 'wrapping', 'ended', now, 'reason', reason)
  timer('wrap|' .. id, now + wrapms)
  event('ended', id, c, c.owner, reason)
  tellc(id, c, 'ended', {reason = reason})
end

-- An active leg whose adviser is lost goes on top, at its original arrival, text and draft with it.
local function requeue(id, c, reason, grace)
  call('SREM', P .. ':legs:' .. c.owner, id)
  untimer('quiet|' .. id)
  local owner = c.owner
  local lane = c.lane == 'danger' and 'danger' or 'continuation'
  putc(id, c, 'state', c.up == '1' and 'waiting' or 'away', 'lane', lane, 'owner', '', 'alias', '',
    'epoch', num(c.epoch) + 1)
  event('requeued', id, c, owner, reason)
  if c.up == '1' then
    queue(id, c)
    tellc(id, c, 'waiting')
    seek(id, c)
  else
    timer('away|' .. id, now + grace)
  end
end

local function consoledown(aid, a, grace)
  puta(aid, a, 'up', '0')
  call('SREM', P .. ':n:' .. (a.node or ''), 'a|' .. aid .. '|' .. a.conn)
  refresh(aid, a)
  for _, id in ipairs(call('SMEMBERS', P .. ':offers:' .. aid)) do
    local c = contact(id)
    withdraw(id, c, 'revoked', 'adviser_lost', 0)
    a = adviser(aid)
    queue(id, c)
    seek(id, c)
  end
  for _, id in ipairs(call('SMEMBERS', P .. ':legs:' .. aid)) do
    local c = contact(id)
    if c.state == 'active' then tellc(id, c, 'away') end
  end
  timer('lost|' .. aid, now + grace)
end

local function contactdown(id, c, away, danger, quiet)
  call('SREM', P .. ':n:' .. (c.node or ''), 'c|' .. id .. '|' .. (c.socket or ''))
  putc(id, c, 'up', '0', 'socket', '', 'node', '')
  if c.state == 'active' then timer('quiet|' .. id, now + quiet) end
  if c.state ~= 'waiting' and c.state ~= 'offered' then return end
  local aid, a
  if c.state == 'offered' then aid, a = withdraw(id, c, 'revoked', 'contact_left', 0) end
  unqueue(id, c)
  putc(id, c, 'state', 'away')
  timer('away|' .. id, now + (c.lane == 'danger' and danger or away))
  event('away', id, c, '')
  if aid then feed(aid, a) end
end
