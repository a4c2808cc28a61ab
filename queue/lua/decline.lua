-- decline: the offer goes back, the contact keeps its original arrival, the adviser cools down and is
-- excluded for this contact. ARGV: 4 adviser, 5 console epoch, 6 offer, 7 reason.
local aid = ARGV[4]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return {5} end
local id = call('GET', P .. ':o:' .. ARGV[6])
if not id then return {4} end
local c = contact(id)
if call('GET', P .. ':o:' .. ARGV[6] .. ':refused') == aid then return ok() end
if (c.state ~= 'offered' and c.state ~= 'transferring') or c.offer ~= ARGV[6] or c.offered ~= aid then return {4} end
if now > num(c.expires) then return {4} end
call('SET', P .. ':o:' .. ARGV[6] .. ':refused', aid, 'PX', 600000)
puta(aid, a, 'misses', 0)
withdraw(id, c, 'declined', ARGV[7], @decline)
back(id, c, 'declined')
feed(aid, a)
return ok()
