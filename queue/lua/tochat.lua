-- tochat: the person of a callback comes by chat, which takes over its place: due already, or once a chat,
-- it keeps its arrival, else it arrives now. Nobody dials any more and the number goes. Idempotent: a chat
-- stays one. ARGV: 4 contact, 5 version, 6 key, 7 intake (sealed). Reply: as enqueue.
local id = ARGV[4]
local c = contact(id)
local function entered()
  return ok({contact = id, state = c.state, version = num(c.version), arrival = num(c.arrival), ahead = place(id, c)})
end
if not bearer(c, ARGV[5]) or num(c.ended) > 0 then return {2} end
if not c.windows and c.chatted then return entered() end
if not c.windows or live(c) then return {2} end
local waited = c.state == 'waiting' or c.state == 'offered' or c.converted == '1'
local aid = unplace(id, c)
book.free(id, c)
call('HDEL', P .. ':c:' .. id, 'windows', 'wished', 'due', 'till', 'tried', 'linked', 'attempts', 'result', 'overdue', 'asked')
c.windows, c.overdue, c.linked, c.asked, c.result = nil, nil, nil, nil, nil
putc(id, c, 'state', 'waiting', 'channel', 'chat', 'key', ARGV[6], 'intake', ARGV[7], 'chatted', now, 'gone', now,
  'converted', '', 'reason', '', 'arrival', waited and c.arrival or fmt('%.0f', now))
timelife(id, now + @textlife)
if c.up ~= '1' then timer('away|' .. id, now + (c.lane == 'danger' and @awaydanger or @away)) end
event('superseded', id, c, '', 'superseded')
wait(id, c)
if aid then feed(aid, adviser(aid)) end
return entered()
