-- What each kind of timer does when it is due. Every one checks again the state that it guards, so a
-- late, early or repeated sweep changes nothing. ARGV as in expire.
local arg = {}
for i = 5, 13 do arg[i] = tonumber(ARGV[i]) end
local due = {}
function due.offer(id)
  local c = contact(id)
  if c.state ~= 'offered' then return end
  if now <= num(c.expires) then return timer('offer|' .. id, num(c.expires) + 1) end
  withdraw(id, c, 'timed_out', 'timed_out', arg[5])
  queue(id, c)
  seek(id, c)
end
function due.cool(aid)
  local a = adviser(aid)
  if num(a.cool) > now then return timer('cool|' .. aid, num(a.cool)) end
  feed(aid, a)
  tella(aid, a, 'duty', {duty = duty(a)})
end
function due.away(id)
  local c = contact(id)
  if c.state ~= 'away' and c.state ~= 'waiting' and c.state ~= 'offered' then return end
  if c.exit == '1' then
    close(id, c, 'exited', 'left', 'exit')
    unnumber(id, c)
    erase(id, c)
    return timer('gone|' .. id, now + arg[10])
  end
  close(id, c, 'abandoned', 'left', 'abandoned')
  local stop = num(c.arrival) + arg[11]
  if c.last then stop = math.min(stop, num(c.last) + arg[10]) end
  timer('gone|' .. id, math.min(now + arg[10], math.max(stop, now)))
end
function due.quiet(id)
  local c = contact(id)
  if c.state ~= 'active' or c.up == '1' then return end
  putc(id, c, 'told', '1')
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'away'})
end
function due.life(id)
  local c = contact(id)
  if not c.state or num(c.ended) > 0 then return end
  local stop = num(c.arrival) + arg[11]
  if c.last then stop = math.min(stop, num(c.last) + arg[10]) end
  if now < stop then return timer('life|' .. id, stop) end
  local last = num(c.arrival) + arg[11]
  if (c.state == 'waiting' or c.state == 'offered') and c.up == '1' and now < last then
    call('DEL', P .. ':s:' .. id, P .. ':m:' .. id) -- the text is over its time, the place is not
    call('HDEL', P .. ':c:' .. id, 'last')
    return timer('life|' .. id, last)
  end
  if c.state == 'active' then
    wrap(id, c, 'expired_by_policy', arg[12])
    tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'left'})
  else
    close(id, c, 'expired_by_policy', 'left', 'expired_by_policy')
    unnumber(id, c)
    timer('gone|' .. id, now + 600000)
  end
  erase(id, c)
end
function due.wrap(id)
  local c = contact(id)
  if c.state ~= 'wrapping' then return end
  erase(id, c)
  local a = adviser(c.owner)
  call('SREM', P .. ':legs:' .. c.owner, id)
  call('ZADD', P .. ':owed', c.ended, id)
  putc(id, c, 'state', 'owed')
  timer('due|' .. id, num(c.ended) + arg[13])
  event('owed', id, c, c.owner, c.reason)
  release(c.owner, a)
  feed(c.owner, a)
  tella(c.owner, a, 'lost', {contact = id, reason = 'wrap_up_over', duty = duty(a)})
end
function due.due(id)
  local c = contact(id)
  if c.state ~= 'owed' then return end
  call('ZREM', P .. ':owed', id)
  putc(id, c, 'state', 'completed')
  event('not_recorded', id, c, c.owner, 'not_recorded')
  call('DEL', P .. ':c:' .. id)
end
function due.gone(id)
  local c = contact(id)
  unnumber(id, c)
  call('DEL', P .. ':c:' .. id, P .. ':s:' .. id, P .. ':m:' .. id)
end
function due.lost(aid)
  local a = adviser(aid)
  if a.up == '1' then return end
  puta(aid, a, 'duty', 'off', 'reason', '')
  for _, id in ipairs(call('SMEMBERS', P .. ':legs:' .. aid)) do
    local c = contact(id)
    if c.state == 'active' then
      requeue(id, c, 'adviser_lost', arg[7])
      release(aid, a)
    end
  end
end
function due.node(node)
  evict(node)
  call('HDEL', P .. ':nodes', node)
end
function due.evicted(node)
  for _, m in ipairs(call('SPOP', P .. ':n:' .. node, 200)) do
    local kind, id, mark = string.match(m, '^(%a)|([^|]+)|(.*)$')
    if kind == 'a' then
      local a = adviser(id)
      if a.conn == mark and a.up == '1' then consoledown(id, a, arg[6]) end
    else
      local c = contact(id)
      if c.state and c.socket == mark then contactdown(id, c, arg[7], arg[8], arg[9]) end
    end
  end
  if call('SCARD', P .. ':n:' .. node) > 0 then return timer('evicted|' .. node, now) end
end
