-- park: the person has been gone for long: the slot is free, the owner is remembered.
-- ARGV: 4 adviser, 5 console epoch, 6 contact.
local aid, id = ARGV[4], ARGV[6]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
local c = contact(id)
if c.owner ~= aid then return {2} end
if c.state == 'parked' then return ok() end
if c.state ~= 'active' or c.windows then return {2} end
if c.up == '1' or now - num(c.gone or c.arrival) < @park then return {11} end
unlisten(id, c)
call('SREM', P .. ':legs:' .. aid, id)
call('SADD', P .. ':parked:' .. aid, id)
untimer('quiet|' .. id)
putc(id, c, 'state', 'parked')
event('parked', id, c, aid)
release(aid, a, c.weight)
feed(aid, a)
return ok(duty(a))
