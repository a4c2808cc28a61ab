-- convert: a chat that nobody has taken becomes a callback and keeps its original arrival. What was
-- written is destroyed: nobody read it, and its key dies before the last window. Idempotent by print.
-- ARGV: 4 contact, 5 version, 6 print, 7 key, 8 intake (sealed), 9 windows, 10 keep, 11 linked, 12 windows as
-- they were asked for. Reply: as enqueue.
local id = ARGV[4]
local c = contact(id)
local function entered()
  return ok({contact = id, state = c.state, version = num(c.version), arrival = num(c.arrival), ahead = 0})
end
if not bearer(c, ARGV[5]) then return {2} end
if c.asked == ARGV[6] then return entered() end
if c.windows or c.state ~= 'waiting' and c.state ~= 'offered' and c.state ~= 'away' then return {2} end
local aid = unplace(id, c)
untimer('life|' .. id, 'quiet|' .. id)
call('DEL', P .. ':s:' .. id, P .. ':m:' .. id)
call('HDEL', P .. ':c:' .. id, 'last', 'excluded', 'held', 'heldin')
alarm(id, c, 'closed')
putc(id, c, 'key', ARGV[7], 'intake', ARGV[8], 'asked', ARGV[6], 'converted', '1', 'attempts', 0, 'excluded', '', 'wished', ARGV[12])
book.enter(id, c, ARGV[9], num(ARGV[10]), now, '', ARGV[11])
event('converted', id, c)
tellc(id, c, 'converted')
if aid then feed(aid, adviser(aid)) end
return entered()
