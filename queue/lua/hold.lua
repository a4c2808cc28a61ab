-- hold: nobody is offered anything until the plan is made, or 5 s after it should have been. Rounds of paging
-- whose timers were lost go on then.
-- ARGV: 4 ms from now.
local till = now + tonumber(ARGV[4])
call('HSET', META, 'held', till + 5000)
timer('plan|line', till)
timer('held|line', till + 5000)
for _, g in ipairs(call('SMEMBERS', P .. ':pages')) do call('ZADD', TIMERS, 'NX', till, 'page|' .. g) end
return ok()
