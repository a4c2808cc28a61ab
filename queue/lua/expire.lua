-- expire: everything that is due, at most 64 timers a run. Any node may run it at any time: each timer
-- checks the state it guards. Reply: number of timers handled.
local members = call('ZRANGEBYSCORE', TIMERS, '-inf', now, 'LIMIT', 0, 64)
for _, m in ipairs(members) do
  local kind, id = string.match(m, '^(%a+)|(.*)$')
  if due[kind] then
    untimer(m)
    due[kind](id)
    settle()
  else
    timer(m, now + 1000) -- a newer version's, which knows what to do
  end
end
return ok(#members)
