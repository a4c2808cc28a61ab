-- Who is offered to whom, when a contact comes or comes back.
local function offernotice(id, c)
  return {contact = id, offer = c.offer, channel = c.channel, language = c.language, told = c.intake,
    key = c.key, lane = c.lane, arrival = num(c.arrival), now = now, expires = num(c.expires)}
end
-- Of an adviser who is chosen, or fed by the step that makes them ready, an offer needs this alone. The table is the next
-- one's too: nobody keeps it beyond the offer, and whoever looks again in the same script reads again.
local picked, readier = {}, {} -- who is chosen, and who becomes ready
local function seat(a, key, v)
  a.used, a.duty, a.reason, a.serving, a.audible, a.capacity = v[1], v[2], v[3], v[4], v[5], v[6]
  a.conn, a.node, a.up, a.groups, a.flex, a.cool = v[7], v[8], v[9], v[10], v[11], v[12]
  names[a] = key
  return a
end
local function chosen(id)
  if advisers[id] then return advisers[id] end
  local key = ADVISER .. id
  return seat(picked, key, call('HMGET', key, 'used', 'duty', 'reason', 'serving', 'audible', 'capacity', 'conn', 'node', 'up', 'groups',
    'flex', 'cool'))
end
local function readied(id)
  local key = ADVISER .. id
  local v = call('HMGET', key, 'used', 'duty', 'reason', 'serving', 'audible', 'capacity', 'conn', 'node', 'up', 'groups', 'flex', 'cool',
    'idle', 'shy')
  readier.idle, readier.shy = v[13], v[14]
  return seat(readier, key, v)
end
-- UUIDv4 in shape.
local function uuid(text)
  local h = redis.sha1hex(ARGV[2] .. text)
  return cut(h, 1, 8) .. '-' .. cut(h, 9, 12) .. '-4' .. cut(h, 14, 16) .. '-a' .. cut(h, 18, 20) .. '-' .. cut(h, 21, 32)
end
-- The contact's own with incarnation and epoch at its end, which only rise.
local ends, end1, end2 -- the last end, of that incarnation and epoch: most offers are first ones
local function offerid(id, epoch)
  if end1 ~= ARGV[1] or end2 ~= epoch then
    end1, end2, ends = ARGV[1], epoch, fmt('%04x%08x', ARGV[1] % 65536, epoch % 4294967296)
  end
  return cut(id, 1, 24) .. ends
end
-- new and clock are the hash and the timers of a contact that is not written yet (enqueue.lua).
local function offer(id, c, aid, a, why, state, reason, later)
  local epoch, w, expires, new = int((c.epoch or 0) + 1), 1, nil, c.new
  if c.channel == 'callback' then
    w, expires = num(a.capacity), int(now + @offercall)
  else
    soon = soon or int(now + @offer)
    expires = soon
  end
  local one, key = offerid(id, epoch), names[c]
  state = state or 'offered'
  c.state, c.epoch, c.offer, c.offered, c.expires = state, epoch, one, aid, expires
  if new then
    call('HSET', key, 'state', state, 'epoch', epoch, 'offer', one, 'offered', aid, 'expires', expires, unpack(new))
    call('ZADD', TIMERS, expires, 'offer|' .. id, unpack(c.clock))
    c.new = nil
  else
    call('HSET', key, 'state', state, 'epoch', epoch, 'offer', one, 'offered', aid, 'expires', expires)
    call('ZADD', TIMERS, expires, 'offer|' .. id)
  end
  if w ~= 1 or c.offerweight then write(c, 'offerweight', int(w)) end -- 1 where it is missing
  a.used, a.idle = int((a.used or 0) + w), nows
  if later then later[#later + 1] = id -- whoever feeds writes what is the adviser's once for all
  else
    call('HSET', names[a], 'used', a.used, 'idle', nows)
    call('SADD', P .. ':offers:' .. aid, id)
    refresh(aid, a)
  end
  event('offered', id, c, aid, reason, nil, why)
  local node = a.node
  if not node or node == '' then return end
  -- The notice in one piece; what is in it needs no escaping.
  call('PUBLISH', channel(node), '{"n":' .. int(call('HINCRBY', NODES, node, '1')) .. ',"to":"a:' .. aid
    .. '","kind":"offer","epoch":' .. (a.conn or '0') .. ',"contact":"' .. id .. '","offer":"' .. one .. '","channel":"' .. c.channel
    .. '","language":"' .. c.language .. '","told":"' .. (c.intake or '') .. '","key":"' .. (c.key or '') .. '","lane":"' .. c.lane
    .. '","arrival":' .. c.arrival .. ',"now":' .. nows .. ',"expires":' .. expires .. ',"duty":' .. dutytext(a) .. '}')
end

-- Who was not chosen and why, at most eight, out of nine in the order of choice, who begin behind so many others:
-- members of JSON. Scores are not read, it takes long to write one: in that order each code ends where so many
-- are below its bound.
local CODES = {'idle_later', 'more_flexible', 'more_loaded', 'cooling', 'full'}
local function passed(key, who, from, chosen, mine, skipped)
  if not who[2] then return '' end
  local bound = {mine - mine % FLEX + FLEX, mine - mine % LOAD + LOAD, BUSY, FULL}
  local list, code, last = {}, 0, 0
  for i = 1, #who do
    while code < 5 and from + i > last do
      code = code + 1
      last = code < 5 and call('ZCOUNT', key, '-inf', '(' .. int(bound[code])) or last
    end
    if who[i] ~= chosen and #list < 8 then
      list[#list + 1] = '{"adviser":"' .. who[i] .. '","code":"' .. (skipped and skipped[who[i]] or CODES[code]) .. '"}'
    end
  end
  local rest = #who < 9 and 0 or call('ZCARD', key) - 1 - #list
  return (#list > 0 and ',"passed":[' .. table.concat(list, ',') .. ']' or '') .. (rest > 0 and ',"rest":' .. int(rest) or '')
end

-- The adviser for a contact that came or came back: id, table and reason, or nil; and whether anybody serves it.
local function choose(c, id)
  local key, alone = serve(c.group), isCall(c)
  local limit = alone and LOAD or BUSY
  local first = call('ZRANGE', key, '0', '1', 'WITHSCORES') -- who says that nobody is free, or is alone, spares the rest
  if not first[1] then return nil, nil, nil, false end
  local mine = first[2] + 0
  if mine >= limit then return nil, nil, nil, true end
  local out = (c.excluded or '') ~= '' and excluded(c) or nil
  local taken = (alone or c.lane == 'ordinary') and callsWait() and reservations() or nil
  if out or taken then
    local skipped, from = {}, 0
    while true do
      local page = call('ZRANGE', key, int(from), int(from + 8))
      for _, who in ipairs(page) do
        mine = call('ZSCORE', key, who) + 0
        if mine >= limit then return nil, nil, nil, true end
        if out and out[who] then skipped[who] = 'excluded'
        elseif taken and taken[who] and taken[who] ~= id then skipped[who] = 'reserved'
        else return who, chosen(who), '{"rule":"arrival"' .. passed(key, page, from, who, mine, skipped) .. '}', true end
      end
      if #page < 9 then return nil, nil, nil, true end
      from = from + 9
    end
  end
  local who = first[1]
  local others = first[3] and passed(key, call('ZRANGE', key, '0', '8'), 0, who, mine) or ''
  return who, chosen(who), '{"rule":"arrival"' .. others .. '}', true
end
-- A call that finds nobody keeps one adviser from taking more ordinary work.
local function reserve(id, c)
  if (c.reserved or '') ~= '' then return end
  local taken = reservations()
  local from = 0
  while true do
    local page = call('ZRANGE', P .. ':serve:' .. c.group, from, from + 8)
    for _, who in ipairs(page) do
      if not taken[who] then
        call('HSET', P .. ':reserved', id, who)
        return putc(id, c, 'reserved', who)
      end
    end
    if #page < 9 then return end
    from = from + 9
  end
end

-- A contact in state waiting is offered at once, or takes its place in its class; one that seeks again
-- has its place there. Which languages are served may have changed while it was elsewhere.
local function wait(id, c, again)
  if not again then regroup(id, c) end
  local manned
  if not held then
    local aid, a, why, any = choose(c, id)
    if aid then
      if again then unclass(id, c) end
      return offer(id, c, aid, a, why)
    end
    manned = any
  end
  enclass(id, c, manned)
  if isCall(c) and not held then reserve(id, c) end
end
