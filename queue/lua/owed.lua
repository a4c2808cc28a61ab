-- owed: forms that this adviser owes, and those that are everybody's by now. ARGV: 4 adviser, 5 console epoch.
local aid, legs = ARGV[4], {}
for _, id in ipairs(call('ZRANGE', P .. ':owed', 0, 199)) do
  local c = contact(id)
  if c.owner == aid or everybodys(c) then
    c.contact, c.now = id, now
    legs[#legs + 1] = c
  end
end
return ok({legs = #legs > 0 and legs or nil})
