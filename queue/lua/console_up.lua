-- console_up: this is the adviser's one live console; an older one is replaced, all it had comes along.
-- ARGV: 5 adviser, 6 alias, 7 languages, 8 capacity,
-- 9 socket. Reply: {epoch, duty, legs, offers, owed}.
local aid = ARGV[5]
local a = adviser(aid)
local old, conn = a.node, num(a.conn) + 1
for l in languages(a) do call('ZREM', P .. ':ready:' .. l, aid) call('SREM', P .. ':duty:' .. l, aid) end
if a.up == '1' then
  call('SREM', P .. ':n:' .. old, 'a|' .. aid .. '|' .. a.conn)
  publish(old, {to = 'a:' .. aid, kind = 'replaced', epoch = conn})
end
local lost = a.up ~= '1'
puta(aid, a, 'conn', conn, 'node', NODE, 'up', '1', 'alias', ARGV[6], 'languages', ARGV[7], 'capacity', ARGV[8],
  'duty', a.duty or 'off', 'used', num(a.used), 'idle', num(a.idle) > 0 and a.idle or now, 'audible', '0', 'socket', ARGV[9])
hold('a|' .. aid .. '|' .. conn)
untimer('lost|' .. aid)
local desk = {epoch = conn, duty = duty(a)}
local function add(list, t) desk[list] = desk[list] or {} table.insert(desk[list], t) end
for _, id in ipairs(call('SMEMBERS', P .. ':legs:' .. aid)) do
  local c = contact(id)
  if lost and c.state == 'active' then tellc(id, c, 'joined', {alias = ARGV[6]}) end
  c.contact, c.now = id, now
  add('legs', c)
end
for _, id in ipairs(call('SMEMBERS', P .. ':offers:' .. aid)) do add('offers', offernotice(id, contact(id))) end
for _, id in ipairs(call('ZRANGE', P .. ':owed', 0, 199)) do
  local c = contact(id)
  if c.owner == aid or now - num(c.ended) >= 43200000 then
    c.contact, c.now = id, now
    add('owed', c)
  end
end
feed(aid, a)
return ok(desk)
