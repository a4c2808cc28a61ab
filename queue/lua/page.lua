-- Paging (ops/docs/routing.md): who is on the roster is woken while somebody waits whom nobody on duty can
-- serve, while the only one on duty misses offers, or while a shift has nobody ready and audible. A round
-- is kept per group, or 'line' for the shift, in :page:<group>; its steps are timers page|<group>. Each
-- step looks again whether it is wanted, so a late, early or repeated one pages nobody twice.
local page = {}
function page.state(g) return load(P .. ':page:' .. g) end
function page.set(g, p, ...) put(P .. ':page:' .. g, p, ...) end

-- From what made a group unserved: the first step is due then, or at once if that was before.
function page.arm(g, at)
  if @pageafter > 0 then call('ZADD', TIMERS, 'NX', int(math.max(at, now)), 'page|' .. g) end
end
-- Nobody on duty serves the groups of an adviser who stopped, and somebody waits there.
function page.stopped(a)
  if @pageafter == 0 then return end
  for _, k in ipairs(call('HKEYS', P .. ':classes')) do
    local g = string.match(k, '^[^|]*')
    if string.find(',' .. (a.groups or '') .. ',', ',' .. g .. ',', 1, true) then page.arm(g, now) end
  end
end
-- The only one who serves a group missed an offer: the first step is due now.
function page.missed(id, c)
  if @pageafter == 0 or call('ZCARD', P .. ':serve:' .. c.group) > 1 then return end
  local p = page.state(c.group)
  page.set(c.group, p, 'missed', id)
  if not p.step then timer('page|' .. c.group, now) end
end

-- A callback's window closes in 20 min and nobody tried: somebody is woken, whoever is on duty.
function page.risk(id, c)
  if @pageafter == 0 then return end
  local p = page.state(c.group)
  if page.window(p) then return end -- one round wakes for both
  page.set(c.group, p, 'window', id)
  if not p.step then timer('page|' .. c.group, now) end
end
-- The callback for which a round wakes somebody, while it is untried and its window is open.
function page.window(p)
  if (p.window or '') == '' then return end
  local c = contact(p.window)
  local waits = c.state == 'waiting' or c.state == 'offered' or c.state == 'scheduled'
  return waits and c.tried ~= c.till and now < num(c.till) and c or nil
end

-- The instant from which the longest has waited in a group.
function page.oldest(g)
  local first
  for _, k in ipairs(call('HKEYS', P .. ':classes')) do
    if string.match(k, '^[^|]*') == g then
      local at = num(call('ZRANGE', P .. ':w:' .. k, 0, 0, 'WITHSCORES')[2])
      if at > 0 and (not first or at < first) then first = at end
    end
  end
  return first
end
function page.roster()
  local text = call('GET', P .. ':roster')
  return text and cjson.decode(text) or {}
end
-- Who is paged for a group: those on call who speak its language, by tier; for the line whose shift it is
-- first. Where nobody is on call it is those on duty.
function page.whom(g)
  local language, list, duty, seen = string.match(g, '^[^+]*'), {}, {}, {}
  for _, s in ipairs(page.roster()) do
    local speaks = g == 'line' or language == 'interpreter'
    for _, l in ipairs(s.l) do speaks = speaks or l == language end
    if speaks and s.f <= now and now < s.u and not seen[s.p] then
      if s.t == 0 and g ~= 'line' then duty[#duty + 1] = s.p
      else
        list[#list + 1] = s.p
        seen[s.p] = true
      end
    end
  end
  return #list > 0 and list or duty
end

function page.event(kind, p, who, reason, step, waited)
  note(',"kind":"' .. kind .. '","at":' .. nows .. ',"reason":"' .. reason .. '","adviser":"' .. who
    .. '","page":{"id":"' .. p.id .. '","step":' .. int(step) .. ',"waited":' .. int(math.max(waited, 0)) .. '}')
end
-- The round is over: nobody waits there any more, or somebody is there.
function page.over(g, p)
  if p.id then page.event('page_over', p, '', p.cause, num(p.step), now - num(p.since)) end
  call('DEL', P .. ':page:' .. g)
  if tables then tables[P .. ':page:' .. g] = nil end
  call('SREM', P .. ':pages', g)
  return page.state(g)
end
-- One step: the next one on the roster, three rounds, then a rest.
function page.step(g, p, cause, since)
  if not p.id then
    local id = string.sub(redis.sha1hex(ARGV[2] .. g .. nows), 1, 32)
    page.set(g, p, 'id', id, 'since', int(since), 'cause', cause, 'to', '', 'step', 0)
    call('SET', P .. ':paged:' .. id, g, 'PX', 86400000)
    call('SADD', P .. ':pages', g)
  end
  local list, n = page.whom(g), num(p.step) + 1
  timer('page|' .. g, now + @pagenext)
  if #list == 0 then
    if p.nobody ~= '1' then page.event('paged', p, '', 'nobody', n, now - since) end
    page.set(g, p, 'nobody', '1')
    if call('ZCARD', P .. ':serve:' .. g) > 0 then return end -- who missed is asked again first
    return page.open(g)
  end
  if n > #list * @pagerounds then
    page.set(g, p, 'step', 0)
    timer('page|' .. g, now + @pagerest)
    return page.open(g)
  end
  local who = list[(n - 1) % #list + 1]
  page.set(g, p, 'step', n, 'nobody', '0', 'woken', '1', 'first', p.first or fmt('%.0f', now), 'to', p.to .. who .. ',')
  page.event('paged', p, who, cause, n, now - since)
end
-- Somebody said that they come: the rounds rest, and begin anew if nobody has come then.
function page.acknowledge(g, p, who)
  page.set(g, p, 'acknowledged', now, 'step', 0)
  timer('page|' .. g, now + @pagerest)
  page.event('page_acknowledged', p, who, p.cause, 0, now - num(p.since))
end
function page.rests(p)
  return num(p.acknowledged) > 0 and now < num(p.acknowledged) + @pagerest
end

function page.due(g)
  if @pageafter == 0 then return end
  if g == 'line' then return page.line() end
  local p, first = page.state(g), page.oldest(g)
  local m = (p.missed or '') ~= '' and contact(p.missed) or {}
  local missed = m.state == 'waiting' or m.state == 'offered'
  local w, served = page.window(p), not first or call('ZCARD', P .. ':serve:' .. g) > 0
  if not missed and not w and served then return page.over(g, p) end
  local since = missed and math.min(num(m.arrival), first or now) or w and num(w.due) or first
  if not p.id and not missed and not w and now < since + @pageafter then return timer('page|' .. g, since + @pageafter) end
  if page.rests(p) then return timer('page|' .. g, num(p.acknowledged) + @pagerest) end
  page.step(g, p, missed and 'missed' or w and 'window' or 'unserved', since)
end

-- The shift that runs, with those that it follows without a gap: its beginning; and when the next begins.
function page.shift()
  local from, list, following = now + 1, page.roster(), nil
  for _ = 1, #list do
    local before = from
    for _, s in ipairs(list) do
      if s.t == 0 and s.f < from and s.u >= from then from = s.f end
    end
    if before == from then break end
  end
  for _, s in ipairs(list) do
    if s.t == 0 and s.f > now and (not following or s.f < following) then following = s.f end
  end
  return from <= now and from or nil, following
end
-- Somebody on the telephone is awake and hears it ring: that mans a line where nobody waits.
function page.phones()
  for _, aid in ipairs(call('SMEMBERS', P .. ':phones')) do
    local a = adviser(aid)
    local talks = a.duty == 'on_phone' and contact(a.call or '').state == 'external'
    if talks and a.up == '1' and a.audible == '1' then return true end
    if not talks then call('SREM', P .. ':phones', aid) end
  end
end
function page.manned()
  for _, aid in ipairs(call('ZRANGE', P .. ':serve:interpreter', 0, 63)) do
    if call('HGET', P .. ':a:' .. aid, 'audible') == '1' then return true end
  end
  return page.phones()
end
-- A shift has begun and nobody is ready and audible: looked at every 15 s, which is how late the instant
-- can be from which that holds; so nobody is paged later than the setting says.
function page.line()
  local p, from, following = page.state('line'), page.shift()
  if not from or page.manned() then
    if p.id then p = page.over('line', p) end
    page.set('line', p, 'seen', now)
    if from then return timer('page|line', now + 15000) end
    return following and timer('page|line', following)
  end
  if not p.seen then page.set('line', p, 'seen', now) end
  local since = math.max(num(p.seen), from)
  if not p.id and now < since + @pageunmanned then
    return timer('page|line', math.min(since + @pageunmanned, now + 15000))
  end
  if page.rests(p) then return timer('page|line', num(p.acknowledged) + @pagerest) end
  page.step('line', p, 'unmanned', since)
end

-- An adviser became ready: the rounds of their groups are over. Before that, who was paged and signs in has
-- answered.
function page.ready(a)
  if @pageafter == 0 then return end
  for _, g in ipairs(call('SMEMBERS', P .. ':pages')) do
    if string.find(',' .. (a.groups or '') .. ',', ',' .. g .. ',', 1, true) and not page.window(page.state(g)) then
      page.over(g, page.state(g))
      untimer('page|' .. g)
    end
  end
end
function page.came(aid)
  if @pageafter == 0 then return end
  for _, g in ipairs(call('SMEMBERS', P .. ':pages')) do
    local p = page.state(g)
    if not page.rests(p) and string.find(',' .. (p.to or ''), ',' .. aid .. ',', 1, true) then page.acknowledge(g, p, aid) end
  end
end
-- Whether a waiting person may be told that somebody is being woken, and for how many minutes by now.
function page.waking(c)
  local p = @pageafter > 0 and page.state(c.group)
  if p and p.woken == '1' then return true, math.floor((now - num(p.first)) / 60000) end
end
