-- stop: the person takes the request back, told by telephone with the return number.
-- ARGV: 4 adviser, 5 console epoch, 6 index of the return number. Reply: {contact}.
local aid = ARGV[4]
if adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
local id = call('GET', P .. ':number:' .. ARGV[6])
if not id then return {2} end
local c = contact(id)
if not c.windows or num(c.ended) > 0 or live(c) then return {2} end
close(id, c, 'cancelled', 'left', 'cancel')
unnumber(id, c)
erase(id, c)
timer('gone|' .. id, now + @textidle)
return ok({contact = id})
