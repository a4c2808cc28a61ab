-- resume: who knows the return number gets place and conversation back; the old token dies and no
-- earlier text is shown; what the adviser wrote and no page has shown is held (release). Idempotent by request for 10 min. ARGV: 4 contact, 5 index, 6 request,
-- 7.. indexes of the next versions.
local id = ARGV[4]
local c = contact(id)
if not c.state then return {2} end
if c.request == ARGV[6] and c.before == ARGV[5] then return entered(id, c) end
if c.number ~= ARGV[5] or not c.key then return {2} end
if num(c.ended) > 0 and c.state ~= 'abandoned' then return {2} end
local step
for i = 7, #ARGV do
  if call('SET', P .. ':number:' .. ARGV[i], id, 'NX') then step = i - 6 break end
end
if not step then return {9} end
if (c.socket or '') ~= '' then tellc(id, c, 'replaced', {state = c.socket}) end
call('SREM', P .. ':n:' .. (c.node or ''), 'c|' .. id .. '|' .. (c.socket or ''))
call('PEXPIRE', P .. ':number:' .. ARGV[5], 600000)
local back = c.state == 'away' or c.state == 'abandoned' or c.state == 'parked' or c.state == 'danger_open'
local got, last = math.max(num(c.got), num(c.floor)), num(c.seq)
local range = last > got and fmt('%.0f %.0f ', got, last) or ''
local fresh = #unseen(id, range)
if fresh > 0 then putc(id, c, 'heldin', (c.heldin or '') .. range, 'held', num(c.held) + fresh) end
untimer('gone|' .. id)
if c.up == '1' then putc(id, c, 'gone', now) end
putc(id, c, 'version', num(c.version) + step, 'number', ARGV[6 + step], 'before', ARGV[5], 'request', ARGV[6],
  'floor', last, 'got', last, 'exit', '', 'socket', '', 'node', '', 'up', '0', 'ended', 0)
if back then
  putc(id, c, 'last', now) -- the text's idle time begins anew
  timer('life|' .. id, now + 60000)
  returned(id, c, 'resumed')
else
  event('resumed', id, c, c.owner)
end
if c.windows then return entered(id, c) end
if c.state == 'waiting' or c.state == 'offered' then
  timer('away|' .. id, now + (c.lane == 'danger' and @awaydanger or @away))
elseif live(c) then
  timer('quiet|' .. id, now + @quiet)
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'resumed', held = num(c.held)})
end
return entered(id, c)
