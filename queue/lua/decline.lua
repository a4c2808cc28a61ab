-- decline: the offer goes back, the contact keeps its original arrival, the adviser cools down and is
-- excluded for this contact. ARGV: 4 adviser, 5 console epoch, 6 offer, 7 reason.
local aid = ARGV[4]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
if call('GET', P .. ':declined:' .. ARGV[6]) == aid then return ok() end
local id, c = offeredTo(aid, ARGV[6])
if not id or now > num(c.expires) then return {4} end
call('SET', P .. ':declined:' .. ARGV[6], aid, 'PX', 600000)
puta(aid, a, 'misses', 0)
withdraw(id, c, 'declined', ARGV[7], @decline)
back(id, c, 'declined')
feed(aid, a)
return ok()
