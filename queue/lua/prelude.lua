-- Shared by every verb. KEYS[1] is the line's tag "{line:<name>}": each key is that plus a suffix,
-- so all keys of a line share one slot. ARGV: 1 incarnation, 2 salt, 3 node, 4 offer ms; verbs from 5.
-- Reply of every verb: {code, json or number, {spool id, event, ...}}; codes are in script.go.
local P, NODE, OFFER_MS = KEYS[1], ARGV[3], tonumber(ARGV[4])
local META, TIMERS, SPOOL = P .. ':meta', P .. ':timers', P .. ':spool'
local call, num = redis.call, function(v) return tonumber(v or 0) or 0 end

local meta = call('HMGET', META, 'incarnation', 'offset', 'last')
if meta[1] ~= ARGV[1] then return {1} end

-- Redis TIME decides. Within an incarnation a step back goes into an offset, so timers run on.
local function instant()
  local frozen = call('GET', P .. ':clock')
  if frozen then return tonumber(frozen) end
  local t = call('TIME')
  local raw = t[1] * 1000 + math.floor(t[2] / 1000)
  local at, last = raw + num(meta[2]), num(meta[3])
  if at < last then
    at = last
    call('HSET', META, 'offset', last - raw)
  elseif at > last then
    call('HSET', META, 'last', at)
  end
  return at
end
local now = instant()

local function load(key)
  local flat, t = call('HGETALL', key), {}
  for i = 1, #flat, 2 do t[flat[i]] = flat[i + 1] end
  return t
end
local function contact(id) return load(P .. ':c:' .. id) end
local function adviser(id) return load(P .. ':a:' .. id) end
local function put(key, t, ...)
  local pairs_ = {...}
  call('HSET', key, ...)
  for i = 1, #pairs_, 2 do t[pairs_[i]] = tostring(pairs_[i + 1]) end
end
local function putc(id, c, ...) put(P .. ':c:' .. id, c, ...) end
local function puta(id, a, ...) put(P .. ':a:' .. id, a, ...) end

local function timer(member, at) call('ZADD', TIMERS, at, member) end
local function untimer(...) call('ZREM', TIMERS, ...) end

local events = {}
local function event(kind, id, c, who, reason, staged)
  local e = cjson.encode({
    inc = tonumber(ARGV[1]), n = call('HINCRBY', META, 'events', 1), kind = kind, at = now,
    reason = reason or '', adviser = who or '', contact = id, channel = c.channel, language = c.language,
    lane = c.lane, arrival = num(c.arrival), state = c.state, owner = c.owner or '', epoch = num(c.epoch),
    version = num(c.version), accepted = num(c.accepted), ended = num(c.ended), recorded = num(c.recorded),
    staged = staged})
  events[#events + 1] = call('XADD', SPOOL, '*', 'e', e)
  events[#events + 1] = e
end

-- Each publish to a node carries the node's counter: a gap tells it that something was missed.
local function publish(node, t)
  if not node or node == '' then return end
  t.n = call('HINCRBY', P .. ':nodes', node, 1)
  call('PUBLISH', P .. ':node:' .. node, cjson.encode(t))
end
local function tellc(id, c, kind, t)
  t = t or {}
  t.to, t.kind, t.version = 'c:' .. id, kind, num(c.version)
  publish(c.node, t)
end
local function tella(aid, a, kind, t)
  t = t or {}
  t.to, t.kind, t.epoch = 'a:' .. aid, kind, t.epoch or num(a.conn)
  publish(a.node, t)
end
local function ok(value)
  if type(value) == 'table' then value = cjson.encode(value) end
  return {0, value or '', events}
end

-- A contact's token is dead once it left by "exit" or a return by number made a newer version.
local function bearer(c, version)
  return c.state and num(c.version) == tonumber(version) and num(c.dead) < tonumber(version)
end

-- A socket is the node's: it goes when the node's lease is over, also where no beat came yet.
local function hold(member)
  call('SADD', P .. ':n:' .. NODE, member)
  if not call('ZSCORE', TIMERS, 'node|' .. NODE) then timer('node|' .. NODE, now + 10000) end
end

-- A lease is over: its sockets are put aside under a name of their own, so that those who come back
-- to the node meanwhile are not among them; the counter tells the node, however often it asks.
local function evict(node)
  local set, aside = P .. ':n:' .. node, node .. '/' .. now
  if call('EXISTS', set) == 1 then
    call('RENAME', set, P .. ':n:' .. aside)
    timer('evicted|' .. aside, now)
  end
  call('INCR', P .. ':evicted:' .. node)
  call('PEXPIRE', P .. ':evicted:' .. node, 86400000)
end
