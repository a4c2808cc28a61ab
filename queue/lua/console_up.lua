-- console_up: this is the adviser's one live console; an older one is replaced, all it had comes along.
-- ARGV: 4 adviser, 5 alias, 6 languages, 7 capacity, 8 socket, 9 skills, 10 number of its ticket (0: unknown, as from
-- a node of an earlier version). Reply: {epoch, duty, legs, external, offers, owed, danger}.
local aid, ticket = ARGV[4], num(ARGV[10])
local a = adviser(aid)
-- A hello that was overtaken on its way, by one that came with a later ticket.
if a.up == '1' and ticket > 0 and ticket < num(a.ticket) then return {5} end
-- One of a Redis that is lost: its clock was ahead. Tickets to come have to be later ones.
if ticket > num(call('HGET', META, 'ticket')) then call('HSET', META, 'ticket', int(ticket)) end
local old, conn = a.node, math.max(num(a.conn) + 1, (tonumber(ARGV[1]) - 1) * 1000000) -- Redis may have gone back
if a.serving == '1' then -- until somebody has heard the new one
  puta(aid, a, 'audible', '0')
  refresh(aid, a)
  rematch(aid, a)
end
if a.up == '1' then
  call('SREM', P .. ':n:' .. old, 'a|' .. aid .. '|' .. a.conn)
  publish(old, {to = 'a:' .. aid, kind = 'replaced', epoch = conn})
end
local lost = a.up ~= '1'
local list, flex = grouped(ARGV[6], ARGV[9])
-- What an offer reads and writes stands first: Redis looks for a field from the front.
puta(aid, a, 'used', num(a.used), 'idle', num(a.idle) > 0 and a.idle or now, 'duty', a.duty or 'off', 'reason', a.reason or '',
  'serving', a.serving or '0', 'audible', '0', 'capacity', ARGV[7], 'conn', conn, 'node', NODE, 'up', '1', 'groups', list, 'flex', flex,
  'cool', a.cool or '0', 'shy', a.shy or '0', 'alias', ARGV[5], 'languages', ARGV[6], 'socket', ARGV[8], 'misses', 0,
  'ticket', ticket > 0 and ticket or num(a.ticket))
call('SADD', P .. ':consoles', aid)
hold('a|' .. aid .. '|' .. conn)
untimer('lost|' .. aid)
page.came(aid)
local desk = {epoch = conn}
local function add(into, t) desk[into] = desk[into] or {} table.insert(desk[into], t) end
for _, id in ipairs(call('SMEMBERS', P .. ':legs:' .. aid)) do
  local c = contact(id)
  if lost and live(c) then tellc(id, c, 'joined', {alias = ARGV[5]}) end
  if live(c) then tellending(id, c, aid, a) end
  c.contact, c.now = id, now
  add(c.external == '1' and 'external' or 'legs', c)
end
for _, id in ipairs(call('SMEMBERS', P .. ':offers:' .. aid)) do add('offers', offernotice(id, contact(id))) end
for _, id in ipairs(call('ZRANGE', P .. ':owed', 0, 199)) do
  local c = contact(id)
  if c.owner == aid or everybodys(c) then
    c.contact, c.now = id, now
    add('owed', c)
  end
end
for _, id in ipairs(call('ZRANGE', P .. ':danger', 0, 199)) do
  local c = contact(id)
  add('danger', {contact = id, state = c.state == 'danger_open' and 'open' or 'waiting', language = c.language, arrival = num(c.arrival), now = now})
end
for _, id in ipairs(call('SMEMBERS', P .. ':parked:' .. aid)) do
  local c = contact(id)
  c.contact, c.now = id, now
  add('parked', c)
end
desk.duty = duty(a)
return ok(desk)
