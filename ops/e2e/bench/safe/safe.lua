#!lua name=safe
-- keys[1] is the tag; argv: 1 incarnation, 2 node, then each function's own. Replies: {code, ...}; 0 is done,
-- 1 another incarnation, 2 no such thing, 3 full, 4 too many. Spool ids come last.
local call, fmt, P, now, nows, inc, seen

local function begin(keys, argv)
  call, fmt = redis.call, string.format
  P, inc = keys[1], argv[1]
  local m = call('HMGET', P .. ':meta', 'inc', 'last')
  if m[1] ~= inc then return false end
  local t = call('TIME')
  now = math.max(t[1] * 1000 + math.floor(t[2] / 1000), tonumber(m[2] or 0))
  nows = fmt('%d', now)
  if now > tonumber(m[2] or 0) + 20 then call('HSET', P .. ':meta', 'last', nows) end
  seen = {}
  return true
end

-- An event is kept until Postgres has it: incarnation, number, kind, contact, class, arrival, instant, adviser, epoch.
local function event(kind, id, class, arrival, who, epoch) seen[#seen + 1] = kind .. ' ' .. id .. ' ' .. class .. ' ' .. arrival .. ' ' .. nows .. ' ' .. who .. ' ' .. epoch end
local function kept()
  local n = call('HINCRBY', P .. ':meta', 'events', #seen) - #seen
  local out = {}
  for i = 1, #seen do
    local e = inc .. ' ' .. fmt('%d', n + i) .. ' ' .. seen[i]
    out[2 * i - 1] = call('XADD', P .. ':spool', '*', 'e', e)
    out[2 * i] = e
  end
  return out
end

local function tell(node, text)
  if not node or node == '' then return end
  local n = call('HINCRBY', P .. ':nodes', node, 1)
  call('PUBLISH', P .. ':node:' .. node, '{"n":' .. fmt('%d', n) .. ',' .. text .. '}')
end

-- The least loaded adviser first, then the longest without a contact.
local function rank(a, class, used, cap)
  if used < cap then call('ZADD', P .. ':ready:' .. class, used * 10000000000000 + now, a) else call('ZREM', P .. ':ready:' .. class, a) end
end

-- An offer shows what was asked, so its notice carries that, sealed. Who is new has no page yet: away watches for it.
local function offer(id, class, arrival, epoch, told, wrapped, a, g, away)
  local used, e = tonumber(g[1]) + 1, fmt('%d', epoch + 1)
  local due = fmt('%d', now + 30000)
  call('HSET', P .. ':a:' .. a, 'used', used)
  rank(a, class, used, tonumber(g[2]))
  call('SADD', P .. ':offers:' .. a, id)
  if away then call('ZADD', P .. ':timers', due, 'offer:' .. id, away, 'away:' .. id) else call('ZADD', P .. ':timers', due, 'offer:' .. id) end
  event('offered', id, class, arrival, a, e)
  tell(g[3], '"to":"a:' .. a .. '","kind":"offer","contact":"' .. id .. '","offer":"' .. id .. '.' .. e .. '","due":' .. due .. ',"class":"' .. class
    .. '","arrival":' .. arrival .. ',"at":' .. nows .. ',"sealed":"' .. told .. '","key":"' .. wrapped .. '"')
  return e, due
end

redis.register_function('enter', function(keys, argv)
  if not begin(keys, argv) then return {1} end
  local id, class, key = argv[3], argv[4], P .. ':c:' .. argv[3]
  local had = call('HMGET', key, 'state', 'arrival')
  if had[1] then return {0, had[1], had[2], {}} end
  if call('XLEN', P .. ':spool') >= 200000 then return {3} end
  local a = call('ZRANGE', P .. ':ready:' .. class, 0, 0)[1]
  event('enqueued', id, class, nows, '', '0')
  if a then
    local e, due = offer(id, class, nows, 0, argv[5], argv[6], a, call('HMGET', P .. ':a:' .. a, 'used', 'cap', 'node'), now + 900000)
    call('HSET', key, 'state', 'offered', 'class', class, 'arrival', nows, 'epoch', e, 'version', '1', 'told', argv[5], 'key', argv[6], 'adviser', a, 'expires', due)
    return {0, 'offered', nows, kept()}
  end
  call('HSET', key, 'state', 'waiting', 'class', class, 'arrival', nows, 'epoch', '0', 'version', '1', 'told', argv[5], 'key', argv[6])
  call('ZADD', P .. ':q:' .. class, nows, id)
  call('ZADD', P .. ':timers', now + 60000, 'page:' .. id, now + 900000, 'away:' .. id)
  return {0, 'waiting', nows, kept()}
end)

-- A contact leaves for good.
redis.register_function('leave', function(keys, argv)
  if not begin(keys, argv) then return {1} end
  local id, key = argv[3], P .. ':c:' .. argv[3]
  local c = call('HMGET', key, 'state', 'class', 'arrival', 'epoch', 'adviser')
  if not c[1] then return {2} end
  if c[1] == 'offered' then
    local g = call('HMGET', P .. ':a:' .. c[5], 'used', 'cap', 'node')
    call('HSET', P .. ':a:' .. c[5], 'used', g[1] - 1)
    rank(c[5], c[2], g[1] - 1, tonumber(g[2]))
    call('SREM', P .. ':offers:' .. c[5], id)
    tell(g[3], '"to":"a:' .. c[5] .. '","kind":"revoked","contact":"' .. id .. '","offer":"' .. id .. '.' .. c[4] .. '"')
  end
  call('ZREM', P .. ':q:' .. c[2], id)
  call('ZREM', P .. ':timers', 'offer:' .. id, 'page:' .. id, 'away:' .. id)
  event('left', id, c[2], c[3], c[5] or '', c[4])
  call('HSET', key, 'state', 'left')
  call('EXPIRE', key, 600)
  return {0, kept()}
end)

-- An adviser of a class is ready at a node and is offered whoever waits.
redis.register_function('ready', function(keys, argv)
  if not begin(keys, argv) then return {1} end
  local a, class, cap = argv[3], argv[4], argv[5]
  call('HSET', P .. ':a:' .. a, 'used', 0, 'cap', cap, 'node', argv[2], 'class', class)
  local heads = call('ZRANGE', P .. ':q:' .. class, 0, math.min(cap, 64) - 1)
  rank(a, class, 0, tonumber(cap))
  for used, id in ipairs(heads) do
    local key = P .. ':c:' .. id
    local c = call('HMGET', key, 'arrival', 'epoch', 'told', 'key')
    local e, due = offer(id, class, c[1], tonumber(c[2]), c[3], c[4], a, {used - 1, cap, argv[2]})
    call('HSET', key, 'state', 'offered', 'epoch', e, 'adviser', a, 'expires', due)
    call('ZREM', P .. ':q:' .. class, id)
    call('ZREM', P .. ':timers', 'page:' .. id)
  end
  return {0, #heads, kept()}
end)

redis.register_function('accept', function(keys, argv)
  if not begin(keys, argv) then return {1} end
  local a, id, key = argv[3], argv[4], P .. ':c:' .. argv[4]
  local c = call('HMGET', key, 'state', 'epoch', 'adviser', 'expires', 'class', 'arrival', 'node', 'key', 'told')
  if c[3] ~= a or c[2] ~= argv[5] then return {2} end
  if c[1] == 'active' then return {0, c[9], c[8], {}} end
  if c[1] ~= 'offered' or now > tonumber(c[4]) then return {2} end
  call('HSET', key, 'state', 'active', 'owner', a)
  call('SREM', P .. ':offers:' .. a, id)
  call('SADD', P .. ':legs:' .. a, id)
  call('ZREM', P .. ':timers', 'offer:' .. id)
  event('accepted', id, c[5], c[6], a, c[2])
  tell(c[7], '"to":"c:' .. id .. '","kind":"joined","contact":"' .. id .. '"')
  return {0, c[9], c[8], kept()}
end)

-- The page of a contact is at a node.
redis.register_function('up', function(keys, argv)
  if not begin(keys, argv) then return {1} end
  local key = P .. ':c:' .. argv[3]
  if call('EXISTS', key) == 0 then return {2} end
  call('HSET', key, 'node', argv[2])
  call('ZREM', P .. ':timers', 'away:' .. argv[3])
  return {0, call('HGET', key, 'key')}
end)

-- A contact says something once: numbered, kept, told to the owner's node.
redis.register_function('say', function(keys, argv)
  if not begin(keys, argv) then return {1} end
  local id, key = argv[3], P .. ':c:' .. argv[3]
  local c = call('HMGET', key, 'state', 'owner', 'seq', 'rate', 'key')
  if c[1] ~= 'active' then return {2} end
  local known = call('HGET', P .. ':m:' .. id, argv[4])
  if known then return {0, tonumber(known)} end
  local second, sent = string.match(c[4] or '0 0', '(%d+) (%d+)')
  local this = math.floor(now / 1000)
  if tonumber(second) ~= this then sent = 0 end
  local seq = tonumber(c[3] or 0) + 1
  if tonumber(sent) >= 5 or seq > 2000 then return {4} end
  local s = fmt('%d', seq)
  call('XADD', P .. ':s:' .. id, s .. '-0', 'cid', argv[4], 'sealed', argv[5], 'at', nows)
  call('HSET', P .. ':m:' .. id, argv[4], s)
  call('HSET', key, 'seq', s, 'last', nows, 'rate', fmt('%d %d', this, sent + 1))
  local node = call('HGET', P .. ':a:' .. c[2], 'node')
  tell(node, '"to":"a:' .. c[2] .. '","kind":"message","contact":"' .. id .. '","seq":' .. s .. ',"cid":"' .. argv[4] .. '","sealed":"' .. argv[5] .. '","key":"' .. c[5] .. '","at":' .. nows)
  return {0, seq}
end)
