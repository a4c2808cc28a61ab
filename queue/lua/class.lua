-- The rule (ops/docs/rule.md), in the same step as what made a match possible. A class is
-- group|lane, with |call for calls; a group is a language, with +skill where one is needed.
-- Keys: :classes counts who waits per class, :w:<class> holds them by original arrival, :serve:<group>
-- holds every adviser on duty in the order of choice, :reserved who keeps free for which call.
local CREDIT = {danger = @credit_danger, continuation = @credit_continuation, present = @credit_present,
  same_day = @credit_same_day, ordinary = @credit_ordinary}
local SLOPE = {danger = @slope_danger, continuation = @slope_continuation, present = @slope_present,
  same_day = @slope_same_day, ordinary = @slope_ordinary}
local BUSY, FULL, LOAD, FLEX = 2 ^ 51, 2 ^ 52, 2 ^ 47, 2 ^ 41

-- What a class is named by: codes, and a lane that the rule knows.
local function sound(language, lane, skill)
  return SLOPE[lane] and find(language, '^%l+$') and (not skill or skill == '' or find(skill, '^[%l%d_]+$'))
end

-- A language that no account serves is anybody's, with an interpreter. Where nobody has said which they are, all are.
local function group(language, skill)
  local served = meta[10]
  if served and not find(served, ',' .. language .. ',', 1, true) then language = 'interpreter' end
  return (skill or '') == '' and language or language .. '+' .. skill
end
-- The group of a contact: one whose language nobody on the roster speaks stays anybody's.
local function groupOf(c)
  if c.any ~= '1' then return group(c.language, c.skill) end
  return (c.skill or '') == '' and 'interpreter' or 'interpreter+' .. c.skill
end
-- What an adviser serves, and how flexible that makes them.
local function grouped(languages, skills)
  local list, flex = {}, 0
  for l in string.gmatch(languages .. ',interpreter', '[^,]+') do
    list[#list + 1] = l
    for s in string.gmatch(skills or '', '[^,]+') do list[#list + 1] = l .. '+' .. s end
  end
  for _ in string.gmatch(languages .. ',' .. (skills or ''), '[^,]+') do flex = flex + 1 end
  return table.concat(list, ','), flex
end
local function live(c) return c.state == 'active' or c.state == 'transferring' end
local function isCall(c) return c.channel == 'callback' end
local function class(c) return c.group .. '|' .. c.lane .. (isCall(c) and '|call' or '') end
local function groups(a) return gmatch(a.groups or '', '[^,]+') end
local function weight(c, a) return isCall(c) and num(a.capacity) or 1 end

-- What the name of a class says, and the key of its queue, for at most 500 of them.
local function kind(k)
  local g, lane, alone = match(k, '^([^|]*)|([^|]*)(.*)$')
  if kinded == 500 then kinds, kinded = {}, 0 end
  local n = {class = k, group = g, lane = lane, alone = alone ~= '', queue = P .. ':w:' .. k}
  kinds[k], kinded = n, kinded + 1
  return n
end
local function classes()
  if not counts then
    counts = {}
    local flat = call('HGETALL', CLASSES)
    for i = 1, #flat, 2 do counts[flat[i]] = flat[i + 1] + 0 end
  end
  return counts
end
local function count(k, by)
  local n = call('HINCRBY', CLASSES, k, int(by))
  if n <= 0 then
    call('HDEL', CLASSES, k)
    n = nil
  end
  if counts then counts[k] = n end
end

-- Ready means audible: until somebody has heard this console it is as good as paused.
local function duty(a)
  local state = a.duty or 'off'
  if state == 'ready' and a.audible ~= '1' then state = 'paused' end
  return {state = a.up == '1' and state or 'lost', reason = a.reason or '', audible = a.audible == '1',
    used = num(a.used), capacity = num(a.capacity), ['until'] = num(a.cool) > now and num(a.cool) or 0}
end
-- The same as JSON.
local function dutytext(a)
  local state, audible, cool = a.duty or 'off', a.audible == '1', a.cool
  if a.up ~= '1' then state = 'lost' elseif state == 'ready' and not audible then state = 'paused' end
  return '{"state":"' .. state .. '","reason":"' .. (a.reason or '')
    .. (audible and '","audible":true,"used":' or '","audible":false,"used":') .. (a.used or '0')
    .. ',"capacity":' .. (a.capacity or '0') .. ',"until":' .. (cool and cool ~= '0' and num(cool) > now and cool or '0') .. '}'
end
local function serving(a) return a.up == '1' and a.duty == 'ready' and a.audible == '1' end
local function room(a) -- how many places are free to be offered for
  local cool = a.cool
  if not serving(a) or cool and cool ~= '0' and num(cool) > now then return 0 end
  return num(a.capacity) - num(a.used)
end
local function free(a) return room(a) > 0 end

-- The order of choice as one score: free before cooling before full, then used, languages and skills,
-- and the instant of the last assignment; 53 bits hold it until the year 2039.
local function score(a)
  local used, flex, cool, s = (a.used or 0) + 0, (a.flex or 0) + 0, a.cool, 0
  if used >= (a.capacity or 0) + 0 then s = FULL elseif cool and cool ~= '0' and num(cool) > now then s = BUSY end
  return s + (used > 15 and 15 or used) * LOAD + (flex > 63 and 63 or flex) * FLEX + (a.idle or 0)
end

local function ordered(aid, a)
  local keys, s = shelf(a.groups or ''), int(score(a))
  for i = 1, #keys do call('ZADD', keys[i], s, aid) end
end
-- Puts an adviser where the rule finds them, or leaves their order and what is to be written of them to feed: later
-- are fields and values. Says whether they have just stopped serving.
local function refresh(aid, a, later)
  local was = a.serving == '1'
  if serving(a) then
    if not later then ordered(aid, a) end
    if not was then
      if later then
        a.serving = '1'
        later[#later + 1], later[#later + 2] = 'serving', '1'
      else puta(aid, a, 'serving', '1') end
      page.ready(a)
    end
  elseif was then
    local keys = shelf(a.groups or '')
    for i = 1, #keys do call('ZREM', keys[i], aid) end
    puta(aid, a, 'serving', '0')
    page.stopped(a)
  end
  return was and not serving(a)
end

-- Whether nobody else is ready for one of the classes of an adviser who is.
local function last(a)
  if not serving(a) then return false end
  for g in groups(a) do
    if call('ZCARD', P .. ':serve:' .. g) < 2 then return true end
  end
  return false
end

-- Exclusions of a contact stand while somebody on duty is not excluded; {} when they do not.
local function excluded(c)
  local out, n = {}, 0
  for who, till in string.gmatch(c.excluded or '', '(%S+) (%S+)') do
    if tonumber(till) > now then
      out[who] = true
      if call('ZSCORE', P .. ':serve:' .. c.group, who) then n = n + 1 end
    end
  end
  if next(out) and call('ZCARD', P .. ':serve:' .. c.group) <= n then return {} end
  return out
end
local function exclude(id, c, aid)
  if @exclusion == 0 then return end
  local till = now + @exclusion
  local kept = {}
  for who, at in string.gmatch(c.excluded or '', '(%S+) (%S+)') do
    if tonumber(at) > now and who ~= aid then kept[#kept + 1] = who .. ' ' .. at end
  end
  kept[#kept + 1] = aid .. ' ' .. int(till)
  putc(id, c, 'excluded', table.concat(kept, ' '))
  local a = adviser(aid)
  puta(aid, a, 'shy', math.max(num(a.shy), till))
  call('ZADD', TIMERS, 'NX', int(till), 'seek|' .. id)
end

local function reservations()
  local by, flat = {}, call('HGETALL', P .. ':reserved')
  for i = 1, #flat, 2 do by[flat[i + 1]] = flat[i] end
  return by
end
local function callsWait()
  if num(meta[7]) > 0 then return true end
  for k in pairs(classes()) do
    if (kinds[k] or kind(k)).alone then return true end
  end
end

-- Whoever is free for others again is fed at the end of the step.
local function unkept(who)
  if unreserved then unreserved[#unreserved + 1] = who else unreserved = {who} end
end
local function unreserve(id, c)
  local who = c.reserved
  if not who or who == '' then return end
  unkept(who)
  call('HDEL', P .. ':reserved', id)
  putc(id, c, 'reserved', '')
end
-- Which languages are served may have changed: who was kept free may not serve the group any more.
local function regroup(id, c)
  local g = groupOf(c)
  if g == c.group then return end
  unreserve(id, c)
  putc(id, c, 'group', g)
end
-- Danger that nobody has taken is on every console.
local function alarm(id, c, state)
  if c.lane ~= 'danger' then return end
  if state == 'waiting' or state == 'open' then call('ZADD', P .. ':danger', c.arrival, id)
  elseif call('ZREM', P .. ':danger', id) == 0 then return end
  for _, node in ipairs(call('HKEYS', P .. ':nodes')) do
    publish(node, {to = 'a:*', kind = 'danger', contact = id, state = state, language = c.language,
      arrival = num(c.arrival), now = now})
  end
end
-- manned says whether anybody serves the group, where that was looked at just before.
local function enclass(id, c, manned)
  local k = class(c)
  if call('ZADD', P .. ':w:' .. k, c.arrival, id) == 0 then return end
  count(k, 1)
  if manned == nil then manned = call('ZCARD', serve(c.group)) > 0 end
  if not manned then page.arm(c.group, num(c.arrival) + @pageafter) end
  alarm(id, c, 'waiting')
end
local function unclass(id, c)
  local k = class(c)
  if call('ZREM', P .. ':w:' .. k, id) == 0 then return end
  count(k, -1)
  unreserve(id, c)
end
