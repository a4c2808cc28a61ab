-- enqueue: a contact enters, is matched at once, and stands in the spool. Idempotent by contact id.
-- ARGV: 5 contact, 6 print, 7 key, 8 channel, 9 page, 10 language, 11 second, 12 asks, 13 role,
-- 14 organisation, 15 lane, 16 child, 17 away ms, 18 danger away ms, 19 idle ms, 20 spool max,
-- 21.. return number indexes of versions 1, 2, 3. Reply: {contact, state, version, arrival, ahead}.
local id = ARGV[5]
local c = contact(id)
local function entered()
  return ok({contact = id, state = c.state, version = num(c.version), arrival = num(c.arrival),
    ahead = place(id, c)})
end
if c.state then
  if c.print ~= ARGV[6] then return {3} end
  return entered()
end
if call('HGET', META, 'closed') then return {8} end
if call('XLEN', SPOOL) >= tonumber(ARGV[20]) then return {9} end
local version
for i = 21, #ARGV do
  if call('SET', P .. ':number:' .. ARGV[i], id, 'NX') then version = i - 20 break end
end
if not version then return {9} end
putc(id, c, 'state', 'waiting', 'print', ARGV[6], 'key', ARGV[7], 'channel', ARGV[8], 'page', ARGV[9],
  'language', ARGV[10], 'second', ARGV[11], 'asks', ARGV[12], 'role', ARGV[13], 'organisation', ARGV[14],
  'lane', ARGV[15], 'child', ARGV[16], 'arrival', now, 'version', version, 'number', ARGV[20 + version],
  'epoch', 0)
queue(id, c)
timer('away|' .. id, now + tonumber(ARGV[15] == 'danger' and ARGV[18] or ARGV[17]))
timer('life|' .. id, now + tonumber(ARGV[19]))
event('enqueued', id, c)
seek(id, c)
return entered()
