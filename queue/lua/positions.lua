-- positions: how many the rule serves before each of these waiting contacts, and the range of its wait
-- in seconds. ARGV: 4.. contacts. Reply: {places = {contact = {ahead, low, high, waking, woken_minutes}}}; who does not wait is
-- left out.
local places = {}
for i = 4, #ARGV do
  local c = contact(ARGV[i])
  if c.state == 'waiting' then
    local ahead = place(ARGV[i], c)
    local low, high = range(c, ahead)
    local waking, woken = page.waking(c)
    places[ARGV[i]] = {ahead = ahead, low = low, high = high, waking = waking, woken_minutes = woken}
  end
end
return ok(next(places) and {places = places} or '{}')
