-- positions: how many the rule serves before each of these waiting contacts. ARGV: 5.. contacts.
-- Reply: {contact = ahead}; contacts that do not wait are left out.
local places = {}
for i = 5, #ARGV do
  local c = contact(ARGV[i])
  if c.state == 'waiting' then places[ARGV[i]] = place(ARGV[i], c) end
end
return ok(next(places) and {places = places} or '{}')
