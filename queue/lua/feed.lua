-- Who is offered to an adviser whose slot is free.
-- The first of a class that this adviser may have: at most eight who exclude them are passed over. Where there are
-- none to be passed over, also the list of those who come next, as many as the adviser has room for.
local function head(k, key, aid, a, places, mine)
  if mine then
    local c = contact(mine)
    if c.state == 'waiting' and class(c) == k and not excluded(c)[aid] then return mine, c.arrival end
    return
  end
  local shy = num(a.shy) > now
  local list = call('ZRANGE', key, '0', (shy or places > 8) and '8' or int(places - 1), 'WITHSCORES')
  for i = 1, #list, 2 do
    if not shy or not excluded(contact(list[i]))[aid] then return list[i], list[i + 1], not shy and list end
  end
end
local function overdue(k, id, at)
  if cut(k, -5) == '|call' then
    local due = num(contact(id).overdue)
    return due > 0 and due <= now
  end
  return @overdue > 0 and now - at >= @overdue
end
-- Who is the head of a class, and what the rule compares where there are several.
local function lead(h, id, at)
  h.id, h.arrival, h.p = id, at, nil
  h.seen = '{"class":"' .. h.class .. '","wait_ms":' .. int(now - at) .. '}'
  return h
end
local function weigh(h)
  local at, lane = h.arrival + 0, h.lane
  h.at, h.danger = at, lane == 'danger'
  h.late = not h.danger and overdue(h.class, h.id, at)
  h.p, h.key = CREDIT[lane] + SLOPE[lane] * (now - at), at - (h.danger and CREDIT[lane] or 0)
end
-- Every head of a class that this adviser serves.
local function heads(aid, a, places, calls)
  local list = {}
  if not next(classes()) then return list end
  local mine, served = calls and reservations()[aid], shelf(a.groups or '')
  for k in pairs(counts) do
    local n = kinds[k] or kind(k)
    local alone = n.alone
    local may = (not alone or num(a.used) == 0) and (alone or not mine or n.lane ~= 'ordinary')
    if may and served[n.group] then
      local id, at, more = head(k, n.queue, aid, a, places, alone and mine)
      if id then
        n.more, n.n = more, 1
        list[#list + 1] = lead(n, id, at)
      end
    end
  end
  return list
end
-- The head of a class was offered: who stands behind it, while nothing else can have changed who may be offered.
local function advance(list, h, aid, a, places, left)
  local n, id, at = h.n + 2, nil, nil
  h.n = n
  if h.more then id, at = h.more[n], h.more[n + 1] end
  if not id and (counts[h.class] or 0) + (left[h.class] or 0) > 0 then
    h.n = 1
    id, at, h.more = head(h.class, h.queue, aid, a, places)
  end
  if id then return lead(h, id, at) end
  for i = 1, #list do
    if list[i] == h then return table.remove(list, i) end
  end
end
-- Overdue and danger by static keys once anybody is overdue, else by priority; then arrival, then id.
local function before(x, y, late)
  local xl, yl = late and (x.late or x.danger) or false, late and (y.late or y.danger) or false
  if xl ~= yl then return xl end
  if xl and x.key ~= y.key then return x.key < y.key end
  if not xl and x.p ~= y.p then return x.p > y.p end
  if not xl and x.at ~= y.at then return x.at < y.at end
  return x.id < y.id
end
-- Who holds something keeps free for the oldest call that nobody is kept for: one that came while nobody
-- served, or while everybody was kept for another.
local function keep(aid, a)
  local by, taken, n = reservations(), {}, 0
  if by[aid] then return end
  for _, id in pairs(by) do taken[id], n = true, n + 1 end
  local first, at, served = nil, nil, ',' .. (a.groups or '') .. ','
  for k in pairs(counts) do
    local g = match(k, '^([^|]*)|[^|]*|call$')
    local mine = g and find(served, ',' .. g .. ',', 1, true)
    local list = mine and call('ZRANGE', P .. ':w:' .. k, 0, n, 'WITHSCORES') or {}
    for i = 1, #list, 2 do
      local id, arrival = list[i], tonumber(list[i + 1])
      if not taken[id] and (not first or arrival < at or arrival == at and id < first) then first, at = id, arrival end
    end
  end
  if not first then return end
  call('HSET', P .. ':reserved', first, aid)
  putc(first, contact(first), 'reserved', aid)
end
-- Of a chat that waits an offer needs little that its class does not tell: it has no owner, no windows, no end,
-- nobody is kept free for it, and before its first offer nobody has accepted it.
local waiter = {channel = 'chat'} -- filled anew for each of them
local function brief(h)
  local key = CONTACT .. h.id
  local v = call('HMGET', key, 'language', 'epoch', 'version', 'intake', 'key')
  local c, epoch = waiter, v[2]
  c.lane, c.arrival, c.language, c.epoch, c.version, c.intake, c.key = h.lane, h.arrival, v[1], epoch, v[3], v[4], v[5]
  if epoch == '0' then c.accepted, c.offerweight, c.plain = nil, nil, true
  else
    local was = call('HMGET', key, 'accepted', 'offerweight')
    c.accepted, c.offerweight, c.plain = was[1], was[2], not was[1]
  end
  names[c] = key
  return c
end
-- The head that comes before all others, and what was seen of each.
local function first(list)
  local best, late, seen = list[1], false, {}
  for _, h in each(list) do
    if not h.p then weigh(h) end
    late = late or h.late
  end
  for i, h in each(list) do
    if before(h, best, late) then best = h end
    seen[i] = h.seen
  end
  return best, table.concat(seen, ',')
end
-- new: fields and values of the adviser that are to be written yet, while no call waits; their order is made at the
-- end in any case.
local function feed(aid, a, new)
  local fed, left, list, best, calls = {nil, nil, nil, nil}, {}, nil, nil, not new
  local capacity, places = num(a.capacity), held and 0 or room(a)
  while places > 0 do
    calls = calls and next(classes()) and callsWait() -- no call comes while one is fed
    if calls and num(a.used) > 0 then keep(aid, a) end
    -- Calls, and who is kept free for them, are looked at anew.
    if calls or not best then list = heads(aid, a, places, calls) else advance(list, best, aid, a, places, left) end
    best = list[1]
    if not best then break end
    local seen = best.seen
    if list[2] then best, seen = first(list) end
    local id, k, alone = best.id, best.class, best.alone
    local c = contacts[id] or not alone and brief(best) or contact(id)
    if call('ZREM', best.queue, id) == 1 then
      left[k] = (left[k] or 0) - 1
      unreserve(id, c)
    end
    offer(id, c, aid, a, '{"rule":"slot","heads":[' .. seen .. ']}', nil, nil, fed)
    places = places - (alone and capacity or 1)
  end
  waiter.intake, waiter.key = nil, nil -- a key is gone for good once Redis deletes it
  if fed[1] then -- once for all: nothing above asks for them
    for k, n in pairs(left) do count(k, n) end
    if new then call('HSET', names[a], 'used', a.used, 'idle', nows, unpack(new)) else call('HSET', names[a], 'used', a.used, 'idle', nows) end
    local n, key = #fed, P .. ':offers:' .. aid
    for i = 1, n, 500 do call('SADD', key, unpack(fed, i, i + 499 < n and i + 499 or n)) end
  elseif new and new[1] then call('HSET', names[a], unpack(new)) end
  if fed[1] or new then ordered(aid, a) end
end

-- By arrival, then id: the order in which several who lose their place look for another.
local function byArrival(ids)
  local list = {}
  for _, id in each(ids) do list[#list + 1] = {id = id, at = num(contact(id).arrival)} end
  table.sort(list, function(x, y) return x.at < y.at or x.at == y.at and x.id < y.id end)
  for i, x in each(list) do list[i] = x.id end
  return list
end
-- A call that lost who kept free for it looks for another; one whose window has not begun only keeps.
local function seek(id, c)
  if c.state == 'waiting' then wait(id, c, true) elseif c.drain == '1' then reserve(id, c) end
end
-- An adviser stopped serving: exclusions may have ended with that, and the call that they kept free for looks for
-- another. They keep for nobody from now on: whoever is fed here sees that the call has none.
local function rematch(aid, a)
  local waits, kept = next(classes()), callsWait() -- a call may be kept free for before it waits
  if not waits and not kept then return end
  local left = kept and reservations()[aid]
  local c = left and contact(left)
  if c then
    call('HDEL', P .. ':reserved', left)
    putc(left, c, 'reserved', '')
  end
  for g in groups(a) do
    if not waits then break end
    local page = call('ZRANGEBYSCORE', P .. ':serve:' .. g, '-inf', '(' .. int(BUSY), 'LIMIT', '0', '64')
    for _, who in each(page) do feed(who, adviser(who)) end
  end
  if c then seek(left, c) end
end
settle = function()
  while unreserved and unreserved[1] do
    local who = table.remove(unreserved, 1)
    feed(who, adviser(who))
  end
end

-- The hold ends: everybody who is free is fed, by id.
local function unhold()
  call('HDEL', META, 'held')
  untimer('plan|line', 'held|line')
  held = false
  local all = call('ZRANGE', P .. ':serve:interpreter', 0, -1)
  table.sort(all)
  for _, aid in each(all) do feed(aid, adviser(aid)) end
end
