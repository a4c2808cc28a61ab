-- resume: who knows the return number gets place and conversation back; the old token dies and no
-- earlier text is shown. Idempotent by request for 10 min. ARGV: 5 contact, 6 index, 7 request,
-- 8 away ms, 9 danger away ms, 10.. indexes of the next versions.
local id = ARGV[5]
local c = contact(id)
local function entered()
  return ok({contact = id, state = c.state, version = num(c.version), arrival = num(c.arrival),
    ahead = place(id, c)})
end
if not c.state then return {2} end
if c.request == ARGV[7] and c.before == ARGV[6] then return entered() end
if c.number ~= ARGV[6] or not c.key then return {2} end
if num(c.ended) > 0 and c.state ~= 'abandoned' then return {2} end
local step
for i = 10, #ARGV do
  if call('SET', P .. ':number:' .. ARGV[i], id, 'NX') then step = i - 9 break end
end
if not step then return {9} end
if (c.socket or '') ~= '' then tellc(id, c, 'replaced', {state = c.socket}) end
call('SREM', P .. ':n:' .. (c.node or ''), 'c|' .. id .. '|' .. (c.socket or ''))
call('PEXPIRE', P .. ':number:' .. ARGV[6], 600000)
local back = c.state == 'away' or c.state == 'abandoned'
untimer('gone|' .. id)
putc(id, c, 'version', num(c.version) + step, 'number', ARGV[9 + step], 'before', ARGV[6], 'request', ARGV[7],
  'floor', num(c.seq), 'exit', '', 'socket', '', 'node', '', 'up', '0', 'ended', 0)
if back then putc(id, c, 'state', 'waiting') end
event('resumed', id, c, c.owner)
if c.state == 'waiting' or c.state == 'offered' then
  timer('away|' .. id, now + tonumber(c.lane == 'danger' and ARGV[9] or ARGV[8]))
end
if back then
  putc(id, c, 'last', now) -- the text's idle time begins anew
  timer('life|' .. id, now + 60000)
  queue(id, c)
  seek(id, c)
elseif c.state == 'active' then
  timer('quiet|' .. id, now + 20000)
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'resumed'})
end
return entered()
