-- What a shift leaves behind. Its end drains its adviser, once, and signs nobody out: who goes on presses
-- ready. Counts are by day and of nobody: heavy contacts, debriefs, forms
-- that nobody wrote, windows of callbacks that nobody tried.
local shift = {}
function shift.count(kind)
  local key = P .. ':counts:' .. math.floor(now / 86400000)
  call('HINCRBY', key, kind, 1)
  call('PEXPIRE', key, 3456000000)
end
-- Of today and the six days before.
function shift.sum(kind)
  local sum = 0
  for day = 0, 6 do sum = sum + num(call('HGET', P .. ':counts:' .. math.floor(now / 86400000) - day, kind)) end
  return sum
end
function shift.counts()
  return {heavy = shift.sum('heavy'), debrief = shift.sum('debrief'), not_recorded = shift.sum('not_recorded')}
end
function shift.over(aid)
  local a = adviser(aid)
  if a.up ~= '1' or a.duty ~= 'ready' and a.duty ~= 'paused' then return end
  puta(aid, a, 'duty', num(a.used) > 0 and 'draining' or 'off', 'reason', 'shift_over')
  local stopped = refresh(aid, a)
  withdrawAll(aid, 'superseded')
  if num(a.used) == 0 then puta(aid, a, 'duty', 'off', 'reason', 'shift_over') end
  if stopped then rematch(aid, a) end
  tella(aid, a, 'duty', {duty = duty(a)})
end
-- Every shift that ended since the last look, unless its adviser has another that goes on; then the next.
function shift.look()
  local seen, list, following = num(call('HGET', META, 'shifts')), page.roster(), nil
  call('HSET', META, 'shifts', now)
  for _, s in ipairs(list) do
    if s.t == 0 and s.u > now and (not following or s.u < following) then following = s.u end
    if seen > 0 and s.t == 0 and s.u > seen and s.u <= now then
      local goes
      for _, o in ipairs(list) do goes = goes or o.p == s.p and o.t == 0 and o.f <= now and now < o.u end
      if not goes then shift.over(s.p) end
    end
  end
  if following then timer('shift|line', following) end
end
