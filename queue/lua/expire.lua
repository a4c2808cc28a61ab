-- expire: everything that is due, at most 64 timers a run. Any node may run it at any time: each timer
-- checks the state it guards. ARGV: 5 miss cooldown, 6 grace, 7 away, 8 danger away, 9 quiet,
-- 10 text idle, 11 text life, 12 wrap, 13 outcome due (all ms). Reply: number of timers handled.
local members = call('ZRANGEBYSCORE', TIMERS, '-inf', now, 'LIMIT', 0, 64)
for _, m in ipairs(members) do
  local kind, id = string.match(m, '^(%a+)|(.*)$')
  if due[kind] then
    untimer(m)
    due[kind](id)
  else
    timer(m, now + 1000) -- a newer version's, which knows what to do
  end
end
return {0, #members, events}
