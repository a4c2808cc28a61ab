-- decline: the offer goes back, the contact keeps its original arrival, the adviser cools down.
-- ARGV: 5 adviser, 6 console epoch, 7 offer, 8 reason, 9 cooldown ms.
local aid = ARGV[5]
if adviser(aid).conn ~= ARGV[6] then return {5} end
local id = call('GET', P .. ':o:' .. ARGV[7])
if not id then return {4} end
local c = contact(id)
if call('GET', P .. ':o:' .. ARGV[7] .. ':refused') == aid then return ok() end
if c.state ~= 'offered' or c.offer ~= ARGV[7] or c.offered ~= aid then return {4} end
if now > num(c.expires) then return {4} end
call('SET', P .. ':o:' .. ARGV[7] .. ':refused', aid, 'PX', 600000)
withdraw(id, c, 'declined', ARGV[8], tonumber(ARGV[9]))
queue(id, c)
seek(id, c)
return ok()
