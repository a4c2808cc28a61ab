-- enqueue: a contact enters, is matched at once, and stands in the spool. Idempotent by contact id.
-- ARGV: 4 contact, 5 print, 6 key, 7 channel, 8 language, 9 intake (sealed), 10 lane, 11 skill,
-- 12 overdue (ms, calls only), 13.. return number indexes of versions 1, 2, 3. Reply: {contact, state,
-- version, arrival, ahead}.
local id = ARGV[4]
local key = CONTACT .. id
if call('HGET', key, 'state') then
  local c = contact(id)
  if (c.print or '') == '' then putc(id, c, 'print', ARGV[5]) end -- made anew from the ledger, which has none
  if c.print ~= ARGV[5] then return {3} end
  return entered(id, c)
end
if not sound(ARGV[8], ARGV[10], ARGV[11]) then return {13} end
if meta[6] then return {8} end
if full() then return {9} end
local version
for i = 13, #ARGV do
  if call('SET', P .. ':number:' .. ARGV[i], id, 'NX') then version = i - 12 break end
end
if not version then return {9} end
local g, versions = group(ARGV[8], ARGV[11]), int(version)
local c = {state = 'waiting', print = ARGV[5], key = ARGV[6], channel = ARGV[7], language = ARGV[8], intake = ARGV[9], lane = ARGV[10],
  arrival = nows, version = versions, number = ARGV[12 + version], epoch = '0', group = g, plain = true, offer = nil,
  offered = nil, expires = nil, skill = nil}
contacts[id], names[c] = c, key
if ARGV[11] ~= '' then write(c, 'skill', ARGV[11]) end
if ARGV[12] ~= '0' then write(c, 'overdue', ARGV[12]) end
-- Who is offered at once is written with the offer, else at the end: nothing in between reads it from Redis.
-- What an offer reads stands first: Redis looks for a field from the front.
c.new = {'language', ARGV[8], 'version', versions, 'intake', ARGV[9], 'key', ARGV[6], 'channel', ARGV[7], 'lane', ARGV[10],
  'arrival', nows, 'group', g, 'number', c.number, 'print', ARGV[5]}
c.clock = {int(now + (ARGV[10] == 'danger' and @awaydanger or @away)), 'away|' .. id, int(now + @textidle - @texttold), 'life|' .. id}
event('enqueued', id, c)
wait(id, c)
if c.new then
  call('HSET', key, 'state', 'waiting', 'epoch', '0', unpack(c.new))
  call('ZADD', TIMERS, unpack(c.clock))
end
return entered(id, c)
