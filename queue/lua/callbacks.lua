-- callbacks: the due list, and those that a person has to look at, at most 200 each. ARGV: 4 adviser,
-- 5 console epoch. Reply: {legs}.
if adviser(ARGV[4]).conn ~= ARGV[5] then return unseated(adviser(ARGV[4]), ARGV[5]) end
local legs = {}
for _, key in ipairs({':review', ':calls'}) do
  for _, id in ipairs(call('ZRANGE', P .. key, 0, 199)) do
    local c = contact(id)
    if c.windows and num(c.ended) == 0 then
      legs[#legs + 1] = {contact = id, state = c.state, language = c.language, lane = c.lane, due = num(c.due),
        till = num(c.till), attempts = num(c.attempts), reason = c.reason or ''}
    end
  end
end
return ok({legs = #legs > 0 and legs or nil})
