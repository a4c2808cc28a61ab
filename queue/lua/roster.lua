-- roster: who is on duty and on call, for the days to come. ARGV: 4 list as JSON, by tier and beginning:
-- {{f = from, u = until, t = tier (0: duty), p = adviser, l = {languages}}}.
if call('GET', P .. ':roster') ~= ARGV[4] then
  call('SET', P .. ':roster', ARGV[4])
  timer('page|line', now)
  shift.look()
elseif not call('ZSCORE', TIMERS, 'page|line') then
  timer('page|line', now)
end
return ok()
