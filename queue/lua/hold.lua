-- hold: nobody is offered anything until the plan is made, or 5 s after it should have been.
-- ARGV: 4 ms from now.
local till = now + tonumber(ARGV[4])
call('HSET', META, 'held', till + 5000)
timer('plan|line', till)
timer('held|line', till + 5000)
return ok()
