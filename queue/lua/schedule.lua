-- schedule: a callback enters and waits for its window. The row in Postgres is there before; the same
-- step brings back what Redis lost. Idempotent by contact id. ARGV: 4 contact, 5 print, 6 key, 7 language,
-- 8 intake (sealed), 9 lane, 10 windows, 11 due (0: the first), 12 attempts, 13 converted, 14 reason of a
-- review, 15 arrival (0: now), 16 keep, 17 version, 18 index of its return number, 19 linked:
-- another request of the number stands before it. Without, one that was linked comes forward. 20 windows as
-- they were asked for (empty: not known). Reply: as enqueue.
local id = ARGV[4]
local c = contact(id)
local function entered()
  return ok({contact = id, state = c.state, version = num(c.version), arrival = num(c.arrival), ahead = 0})
end
if c.state then
  if c.linked == '1' and ARGV[19] ~= '1' and num(c.ended) == 0 then
    putc(id, c, 'linked', '')
    book.enter(id, c, ARGV[10], num(ARGV[16]), now, ARGV[14])
    if c.state == 'scheduled' then event('forward', id, c) end
  end
  return entered()
end
if not sound(ARGV[7], ARGV[9]) then return {13} end
if full() then return {9} end
local arrival = num(ARGV[15]) > 0 and ARGV[15] or nows
putc(id, c, 'state', 'scheduled', 'print', ARGV[5], 'key', ARGV[6], 'channel', 'callback', 'language', ARGV[7],
  'intake', ARGV[8], 'lane', ARGV[9], 'skill', '', 'arrival', arrival, 'version', ARGV[17], 'epoch', 0,
  'attempts', ARGV[12], 'converted', ARGV[13], 'group', group(ARGV[7], ''), 'wished', ARGV[20])
if call('SET', P .. ':number:' .. ARGV[18], id, 'NX') then putc(id, c, 'number', ARGV[18]) end
book.enter(id, c, ARGV[10], num(ARGV[16]), math.max(now, num(ARGV[11])), ARGV[14], ARGV[19])
event('enqueued', id, c)
return entered()
