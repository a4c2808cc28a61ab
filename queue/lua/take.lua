-- take: danger that waits, or a leg that this adviser parked, without an offer. Idempotent by owner.
-- ARGV: 4 adviser, 5 console epoch, 6 contact. Reply: leg with history.
local aid, id = ARGV[4], ARGV[6]
local a, c = adviser(aid), contact(ARGV[6])
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
if c.owner == aid and c.state == 'active' and c.took == 'taken' then return leg(id, c) end
local parked = c.state == 'parked' and c.owner == aid
if not parked and (c.state ~= 'waiting' or c.lane ~= 'danger') then return {2} end
local w = weight(c, a)
if a.up ~= '1' or a.duty == 'off' or num(a.used) + w > num(a.capacity) then return {10} end
if parked then call('SREM', P .. ':parked:' .. aid, id) end
unclass(id, c)
untimer('seek|' .. id)
puta(aid, a, 'used', num(a.used) + w, 'idle', now)
refresh(aid, a)
putc(id, c, 'epoch', num(c.epoch) + 1, 'offer', 'taken', 'offerweight', w)
own(id, c, aid, a, 'taken')
return leg(id, c)
