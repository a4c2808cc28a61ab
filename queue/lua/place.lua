-- How many the rule serves before a waiting contact, and the honest range of its wait.
local function place(id, c)
  if c.state ~= 'waiting' then return 0 end
  local mine, arrival, late = class(c), num(c.arrival), @overdue > 0 and now - @overdue or -1
  local ahead, others, anyLate = num(call('ZRANK', P .. ':w:' .. mine, id)), {}, false
  for k in pairs(classes()) do
    if k ~= mine then
      local g, lane = match(k, '^([^|]*)|([^|]*)')
      if g == c.group then others[#others + 1] = {lane = lane, key = P .. ':w:' .. k} end
    end
  end
  if #others == 0 then return ahead end
  for _, o in ipairs(others) do
    anyLate = anyLate or o.lane ~= 'danger' and call('ZCOUNT', o.key, '-inf', late) > 0
  end
  local danger = c.lane == 'danger'
  anyLate = anyLate or not danger and call('ZCOUNT', P .. ':w:' .. mine, '-inf', late) > 0
  local p = CREDIT[c.lane] + SLOPE[c.lane] * (now - arrival)
  for _, o in ipairs(others) do
    local limit = now - (p - CREDIT[o.lane]) / SLOPE[o.lane]
    if anyLate and o.lane == 'danger' then limit = arrival <= late and arrival + CREDIT.danger or now + 1
    elseif anyLate and danger then limit = math.min(arrival - CREDIT.danger, late + 1)
    elseif anyLate and arrival <= late then limit = arrival
    elseif anyLate then limit = math.max(late + 1, limit) end
    ahead = ahead + call('ZCOUNT', o.key, '-inf', '(' .. fmt('%.3f', limit))
  end
  return ahead
end

-- Mean handling of the last 50 legs, 45 min for those that are not there yet; and how many were
-- answered in this hour of the day in 28 days.
local function paces()
  if pace then return pace end
  local list, sum = call('LRANGE', P .. ':handling', 0, 49), 0
  for _, ms in ipairs(list) do sum = sum + tonumber(ms) end
  local band, days, answered = math.floor(now / 3600000), {}, 0
  for d = 0, 27 do days[#days + 1] = band - 24 * d end
  for _, n in ipairs(call('HMGET', P .. ':answered', unpack(days))) do answered = answered + num(n) end
  pace = {h = (sum + (50 - #list) * 2700000) / 50, answered = answered, slots = {}}
  return pace
end
local function slots(g)
  local s = paces().slots
  if not s[g] then
    s[g] = 0
    for _, aid in ipairs(call('ZRANGE', P .. ':serve:' .. g, 0, 63)) do s[g] = s[g] + num(call('HGET', P .. ':a:' .. aid, 'capacity')) end
  end
  return s[g]
end
-- Seconds in whole minutes, nil where nobody can honestly say.
local function range(c, ahead)
  local n = slots(c.group)
  if n == 0 or paces().answered < 20 then return end
  local step = paces().h / n / 60000
  return math.floor(ahead * step * 0.5) * 60, math.ceil((ahead + 1) * step * 2) * 60
end
-- When a text is over: so long after its last message, so long in all, and not while somebody writes, which
-- puts it off by the time in which the end is told. Its key lives for two such lives at least: nothing goes
-- on past them. Gives also when all of it ends.
local function textend(c)
  local last = num(c.chatted or c.arrival) + @textlife
  local stop = c.last and math.min(last, num(c.last) + @textidle) or last
  local wrote = math.max(num(c.last), num(c.wrote))
  return math.max(stop, math.min(wrote + @texttold, last + @textlife)), last
end
-- Looks again before anything that is said meanwhile can end untold.
local function timelife(id, stop) timer('life|' .. id, math.max(math.min(stop, now + @textidle) - @texttold, now)) end
-- The end that a person is to be told of by now, nil when there is none; and whether their place outlives it.
local function ending(c)
  if not c.state or c.windows or num(c.ended) > 0 then return end
  local stop, last = textend(c)
  if now >= stop or now < stop - @texttold then return end
  local waits = c.state == 'waiting' or c.state == 'offered'
  return stop, waits and (c.lane == 'danger' or c.up == '1' and stop < last)
end
local function tellending(id, c, aid, a, both)
  local stop = ending(c)
  if not stop then return end
  if both then tellc(id, c, 'ending', {expires = stop, now = now}) end
  tella(aid, a, 'ending', {contact = id, expires = stop, now = now})
end
local function standing(id, c)
  local ahead = place(id, c)
  local low, high
  local waking, woken
  if c.state == 'waiting' or c.state == 'offered' then
    low, high = range(c, ahead)
    waking, woken = page.waking(c)
  end
  local stop, kept = ending(c)
  return {state = c.state, alias = c.alias or '', seq = num(c.seq), kept = num(c.kept), floor = num(c.floor), ahead = ahead,
    low = low, high = high, waking = waking, woken_minutes = woken, key = c.key or '', version = num(c.version),
    listener = c.listenalias, call = c.windows and true, wished = c.windows and c.wished, ends = stop, ends_ms = stop and stop - now, place_kept = kept or nil}
end
-- The answer to who came in, or asked again.
local function entered(id, c)
  return ok('{"contact":"' .. id .. '","state":"' .. c.state .. '","version":' .. c.version .. ',"arrival":' .. c.arrival
    .. ',"ahead":' .. int(place(id, c)) .. '}')
end
