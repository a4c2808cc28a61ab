-- Who is offered to whom, when a contact comes or comes back.
local function offernotice(id, c)
  return {contact = id, offer = c.offer, channel = c.channel, language = c.language, told = c.intake,
    key = c.key, lane = c.lane, arrival = num(c.arrival), now = now, expires = num(c.expires)}
end
-- UUIDv4 in shape; unique because the epoch of a contact only rises.
local function offerid(id, epoch)
  local h, sub = redis.sha1hex(ARGV[2] .. id .. epoch), string.sub
  return sub(h, 1, 8) .. '-' .. sub(h, 9, 12) .. '-4' .. sub(h, 14, 16) .. '-a' .. sub(h, 18, 20) .. '-' .. sub(h, 21, 32)
end
-- The same as members of a notice: what is in it needs no escaping.
local function offertext(id, c)
  return '"contact":"' .. id .. '","offer":"' .. c.offer .. '","channel":"' .. c.channel .. '","language":"' .. c.language
    .. '","told":"' .. (c.intake or '') .. '","key":"' .. (c.key or '') .. '","lane":"' .. c.lane .. '","arrival":' .. c.arrival
    .. ',"now":' .. nows .. ',"expires":' .. c.expires
end
local function offer(id, c, aid, a, why, state, reason, later)
  local epoch, w = int(num(c.epoch) + 1), weight(c, a)
  local ms = isCall(c) and @offercall or @offer
  write(c, 'state', state or 'offered', 'epoch', epoch, 'offer', offerid(id, epoch), 'offered', aid, 'expires', int(now + ms))
  if w ~= 1 or c.offerweight then write(c, 'offerweight', int(w)) end -- 1 where it is missing
  write(a, 'used', int(num(a.used) + w), 'idle', nows)
  call('SADD', P .. ':offers:' .. aid, id)
  if not later then refresh(aid, a) end
  call('ZADD', TIMERS, c.expires, 'offer|' .. id)
  event('offered', id, c, aid, reason, nil, why)
  if (a.node or '') == '' then return end
  post(a.node, '"to":"a:' .. aid .. '","kind":"offer","epoch":' .. (a.conn or '0') .. ',' .. offertext(id, c) .. ',"duty":' .. dutytext(a))
end

-- Who was not chosen and why, at most eight, out of a page of the order of choice: members of JSON.
local function passed(page, chosen, mine, skipped, group)
  local list, seen = {}, 0
  for i = 1, #page, 2 do
    local who, s = page[i], tonumber(page[i + 1])
    seen = seen + 1
    if who ~= chosen and #list < 8 then
      local code = skipped[who]
      if not code and s >= FULL then code = 'full'
      elseif not code and s >= BUSY then code = 'cooling'
      elseif not code and math.floor(s / LOAD) > math.floor(mine / LOAD) then code = 'more_loaded'
      elseif not code and math.floor(s / FLEX) > math.floor(mine / FLEX) then code = 'more_flexible' end
      list[#list + 1] = '{"adviser":"' .. who .. '","code":"' .. (code or 'idle_later') .. '"}'
    end
  end
  local rest = seen < 9 and 0 or call('ZCARD', P .. ':serve:' .. group) - 1 - #list
  return (#list > 0 and ',"passed":[' .. table.concat(list, ',') .. ']' or '') .. (rest > 0 and ',"rest":' .. int(rest) or '')
end

-- The adviser for a contact that came or came back: nil, or id, table and reason.
local function choose(c, id)
  local out, taken, alone = (c.excluded or '') ~= '' and excluded(c) or {}, {}, isCall(c)
  if (alone or c.lane == 'ordinary') and callsWait() then taken = reservations() end
  local key, skipped, from = P .. ':serve:' .. c.group, {}, 0
  local first = call('ZRANGE', key, '0', '0', 'WITHSCORES') -- who says that nobody is free spares the page
  if not first[1] or tonumber(first[2]) >= (alone and LOAD or BUSY) then return end
  while true do
    local page = call('ZRANGE', key, int(from), int(from + 8), 'WITHSCORES')
    for i = 1, #page, 2 do
      local who, s = page[i], tonumber(page[i + 1])
      if s >= (alone and LOAD or BUSY) then return end
      if out[who] then skipped[who] = 'excluded'
      elseif taken[who] and taken[who] ~= id then skipped[who] = 'reserved'
      else
        return who, adviser(who), '{"rule":"arrival"' .. passed(page, who, s, skipped, c.group) .. '}'
      end
    end
    if #page < 18 then return end
    from = from + 9
  end
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
  if not held then
    local aid, a, why = choose(c, id)
    if aid then
      if again then unclass(id, c) end
      return offer(id, c, aid, a, why)
    end
  end
  enclass(id, c)
  if isCall(c) and not held then reserve(id, c) end
end
