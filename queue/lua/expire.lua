-- expire: everything that is due, at most 64 timers a run. Any node may run it at any time: each timer
-- checks the state it guards. ARGV: 5 miss cooldown, 6 grace, 7 away, 8 danger away, 9 quiet,
-- 10 text idle, 11 text life, 12 wrap, 13 outcome due (all ms). Reply: number of timers handled.
local members = call('ZRANGEBYSCORE', TIMERS, '-inf', now, 'LIMIT', 0, 64)
for _, m in ipairs(members) do
  untimer(m)
  local kind, id = string.match(m, '^(%a+)|(.*)$')
  due[kind](id)
end
return {0, #members, events}
