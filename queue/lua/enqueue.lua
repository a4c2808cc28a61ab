-- enqueue: a contact enters, is matched at once, and stands in the spool. Idempotent by contact id.
-- ARGV: 5 contact, 6 print, 7 key, 8 channel, 9 language, 10 intake (sealed), 11 lane, 12 away ms,
-- 13 danger away ms, 14 idle ms, 15 spool max, 16.. return number indexes of versions 1, 2, 3. Reply: {contact, state, version, arrival, ahead}.
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
if call('XLEN', SPOOL) >= tonumber(ARGV[15]) then return {9} end
local version
for i = 16, #ARGV do
  if call('SET', P .. ':number:' .. ARGV[i], id, 'NX') then version = i - 15 break end
end
if not version then return {9} end
putc(id, c, 'state', 'waiting', 'print', ARGV[6], 'key', ARGV[7], 'channel', ARGV[8], 'language', ARGV[9],
  'intake', ARGV[10], 'lane', ARGV[11], 'arrival', now, 'version', version, 'number', ARGV[15 + version], 'epoch', 0)
queue(id, c)
timer('away|' .. id, now + tonumber(ARGV[11] == 'danger' and ARGV[13] or ARGV[12]))
timer('life|' .. id, now + tonumber(ARGV[14]))
event('enqueued', id, c)
seek(id, c)
return entered()
