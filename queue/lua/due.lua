-- What each kind of timer does when it is due. Every one checks again the state that it guards, so a
-- late, early or repeated sweep changes nothing.
local due = {}
function due.offer(id)
  local c = contact(id)
  if c.state ~= 'offered' and c.state ~= 'transferring' then return end
  if now <= num(c.expires) then return timer('offer|' .. id, num(c.expires) + 1) end
  local a = adviser(c.offered)
  local misses, alone = num(a.misses) + 1, false
  puta(c.offered, a, 'misses', misses)
  local aid = withdraw(id, c, 'timed_out', 'timed_out', @miss)
  for g in groups(a) do
    if call('ZCARD', P .. ':serve:' .. g) < 2 then alone = true end
  end
  if misses >= 2 and not alone and serving(a) then -- nobody there: the others go on
    puta(aid, a, 'duty', 'paused', 'reason', 'missed', 'misses', 0)
  end
  local stopped = refresh(aid, a)
  if alone then page.missed(id, c) end
  back(id, c, 'timed_out')
  if stopped then
    rematch(aid, a)
    tella(aid, a, 'duty', {duty = duty(a)})
  else
    feed(aid, a)
  end
end
function due.cool(aid)
  local a = adviser(aid)
  if num(a.cool) > now then return timer('cool|' .. aid, num(a.cool)) end
  refresh(aid, a)
  feed(aid, a)
  tella(aid, a, 'duty', {duty = duty(a)})
end
function due.seek(id)
  local c = contact(id)
  local nextEnd
  for _, till in string.gmatch(c.excluded or '', '(%S+) (%S+)') do
    till = tonumber(till)
    if till > now and (not nextEnd or till < nextEnd) then nextEnd = till end
  end
  if nextEnd then timer('seek|' .. id, nextEnd) end -- whoever has it now may give it back
  if c.state ~= 'waiting' then return end
  wait(id, c, true)
end
function due.away(id)
  local c = contact(id)
  if c.windows or c.state ~= 'away' and c.state ~= 'waiting' and c.state ~= 'offered' then return end
  if c.lane == DANGER then return dangerOpen(id, c, c.exit == '1' and 'exit' or 'abandoned') end
  if c.exit == '1' then
    close(id, c, 'exited', 'left', 'exit')
    unnumber(id, c)
    erase(id, c)
    return timer('gone|' .. id, now + @textidle)
  end
  close(id, c, 'abandoned', 'left', 'abandoned')
  timer('gone|' .. id, math.min(now + @textidle, math.max((textend(c)), now)))
end
function due.danger(id)
  local c = contact(id)
  if c.state ~= 'danger_open' then return end
  timer('danger|' .. id, now + @danger)
  alarm(id, c, 'open')
end
function due.quiet(id)
  local c = contact(id)
  if not live(c) or c.up == '1' then return end
  putc(id, c, 'told', '1')
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'away'})
end
function due.life(id)
  local c = contact(id)
  if not c.state or num(c.ended) > 0 or c.windows then return end
  local stop, last = textend(c)
  if now < stop - @texttold then return timelife(id, stop) end
  local stays = (c.state == 'waiting' or c.state == 'offered') and c.up == '1' and now < last
  if now < stop then
    local _, kept = ending(c)
    tellc(id, c, 'ending', {expires = stop, now = now, state = kept and 'waiting' or ''})
    if live(c) then tellending(id, c, c.owner, adviser(c.owner)) end
    return timer('life|' .. id, stop)
  end
  if stays or c.lane == DANGER and not live(c) then
    call('DEL', P .. ':s:' .. id, P .. ':m:' .. id) -- the text is over its time, the place is not
    call('HDEL', P .. ':c:' .. id, 'last', 'held', 'heldin')
    if c.lane == DANGER and c.state ~= 'danger_open' and not stays then dangerOpen(id, c, 'expired_by_policy') end
    if stays then return timelife(id, last) end
    return timer('life|' .. id, now + @textlife)
  end
  if live(c) then
    local aid = wrap(id, c, 'expired_by_policy')
    tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'left'})
    if aid then feed(aid, adviser(aid)) end
  elseif c.state == 'parked' then
    return endParked(id, c, 'expired_by_policy')
  else
    close(id, c, 'expired_by_policy', 'left', 'expired_by_policy')
    unnumber(id, c)
    timer('gone|' .. id, now + 600000)
  end
  erase(id, c)
end
-- A callback is due: it waits as others do, from its due on, or from its arrival when it was a chat.
function due.call(id)
  local c = contact(id)
  if c.state ~= 'scheduled' then return end
  if num(c.due) > now then return timer('call|' .. id, num(c.due)) end
  putc(id, c, 'state', 'waiting', 'arrival', c.converted == '1' and c.arrival or c.due)
  event('due', id, c)
  wait(id, c)
  book.undrain(id, c)
  if c.state ~= 'waiting' then unreserve(id, c) end
end
-- Keeps an adviser from ordinary work so that one is empty when the window begins.
function due.drain(id)
  local c = contact(id)
  if c.state ~= 'scheduled' then return end
  local start = num(c.due) - book.remaining()
  if now < start then return timer('drain|' .. id, start) end
  if c.drain ~= '1' then
    putc(id, c, 'drain', '1')
    book.drains(1)
  end
  regroup(id, c)
  if (c.reserved or '') ~= '' and not serving(adviser(c.reserved)) then unreserve(id, c) end
  reserve(id, c)
  timer('drain|' .. id, now + 60000)
end
-- Twenty minutes before a window closes untried every console hears of it, and the on-call is paged.
function due.risk(id)
  local c = contact(id)
  if live(c) and now < num(c.till) then return timer('risk|' .. id, now + 60000) end -- it may come back untried
  if c.state ~= 'scheduled' and c.state ~= 'waiting' and c.state ~= 'offered' or c.tried == c.till then return end
  if now < num(c.till) - 1200000 then return timer('risk|' .. id, num(c.till) - 1200000) end
  event('callback_at_risk', id, c)
  book.tell(id, c, 'at_risk')
  page.risk(id, c)
end
-- A window is over. One that nobody tried is our miss, and never the end.
function due.shut(id)
  local c = contact(id)
  if now < num(c.till) then return timer('shut|' .. id, num(c.till)) end
  if live(c) then return timer('shut|' .. id, now + 60000) end
  if c.state ~= 'waiting' and c.state ~= 'offered' and c.state ~= 'scheduled' then return end
  local aid
  if c.state == 'offered' then aid = withdraw(id, c, 'revoked', 'superseded') end
  unclass(id, c)
  untimer('seek|' .. id)
  local tried = c.tried == c.till
  if not tried then
    event('window_missed', id, c)
    shift.count('missed')
    book.tell(id, c, 'missed')
  end
  if not book.plan(id, c, now) then book.review(id, c, tried and 'unreached' or 'missed') end
  if aid then feed(aid, adviser(aid)) end
end
-- The number is over, 72 h after the last window.
function due.keep(id)
  local c = contact(id)
  if not c.windows or num(c.ended) > 0 or live(c) then return end
  close(id, c, 'expired_by_policy', 'left', 'expired_by_policy')
  unnumber(id, c)
  erase(id, c)
  timer('gone|' .. id, now + 600000)
end
function due.wrap(id)
  local c = contact(id)
  if c.state ~= 'wrapping' then return end
  unwrap(id, c)
  local a = adviser(c.owner)
  feed(c.owner, a)
  tella(c.owner, a, 'lost', {contact = id, reason = 'wrap_up_over', duty = duty(a)})
end
function due.due(id)
  local c = contact(id)
  if c.state ~= 'owed' then return end
  call('ZREM', P .. ':owed', id)
  putc(id, c, 'state', 'completed')
  event('not_recorded', id, c, c.owner, 'not_recorded')
  shift.count('not_recorded')
  forget(id, c)
end
function due.gone(id)
  local c = contact(id)
  unnumber(id, c)
  call('DEL', P .. ':s:' .. id, P .. ':m:' .. id)
  forget(id, c)
end
function due.lost(aid)
  local a = adviser(aid)
  if a.up == '1' then return end
  puta(aid, a, 'duty', 'off', 'reason', '')
  beside.giveUp(aid, 'adviser_lost')
  unownAll(aid, 'adviser_lost')
end
function due.plan() publish(NODE, {to = 'line', kind = 'plan'}) end
function due.held() unhold() end
-- Intake that was closed until an instant opens by itself.
function due.reopen()
  local at = num(call('HGET', META, 'reopens'))
  if now < at then return timer('reopen|line', at) end
  if at == 0 then return end
  call('HDEL', META, 'closed', 'notice', 'reopens')
end
function due.page(g) page.due(g) end
-- Nobody on the roster speaks a language, or nobody who does has come in three rounds, and somebody else is on
-- duty: who waits in it is anybody's from now on, with an interpreter.
function page.open(g)
  if g == 'line' or g == 'interpreter' or string.find(g, '+', 1, true) then return end
  if call('ZCARD', P .. ':serve:interpreter') == 0 then return end
  local moved = {}
  for _, k in ipairs(call('HKEYS', P .. ':classes')) do
    if string.match(k, '^[^|]*') == g then
      for _, id in ipairs(call('ZRANGE', P .. ':w:' .. k, 0, 63)) do moved[#moved + 1] = id end
    end
  end
  moved = byArrival(moved)
  for _, id in ipairs(moved) do unclass(id, contact(id)) end
  for _, id in ipairs(moved) do
    putc(id, contact(id), 'any', '1')
    wait(id, contact(id))
  end
end
function due.shift() shift.look() end
function due.node(node)
  evict(node)
  call('HDEL', P .. ':nodes', node)
end
function due.evicted(node)
  for _, m in ipairs(call('SPOP', P .. ':n:' .. node, 200)) do
    local kind, id, mark = string.match(m, '^(%a)|([^|]+)|(.*)$')
    if kind == 'a' then
      local a = adviser(id)
      if a.conn == mark and a.up == '1' then consoledown(id, a) end
    elseif kind == 'l' then
      local c = contact(id)
      if c.listenmark == mark then unlisten(id, c, true) end
    else
      local c = contact(id)
      if c.state and c.socket == mark then contactdown(id, c) end
    end
  end
  if call('SCARD', P .. ':n:' .. node) > 0 then return timer('evicted|' .. node, now) end
end
