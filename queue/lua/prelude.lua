-- Shared by every verb. keys[1] is the line's tag "{line:<name>}": each key is that plus a suffix,
-- so all keys of a line share one slot. ARGV: 1 incarnation, 2 salt, 3 node; verbs from 4. What
-- begins with an at sign is a setting (ms), filled in when the node starts.
-- Reply of every verb: {code, json or number, {spool id, event, ...}}; codes are in client.go.
-- One library holds every verb, so that its functions are made once and not in every call; what belongs
-- to one call is set anew by begin. Redis has neither call nor string while it loads a library.
local KEYS, ARGV, P, NODE, META, TIMERS, SPOOL
local call, fmt, meta, now, nows, held, tables, names, contacts, advisers, events, counts, unreserved, pace, served
local book = {} -- of callbacks (book.lua)
local function num(v) return v and v ~= '' and v ~= '0' and tonumber(v) or 0 end
-- A whole number as text. Lua and Redis write numbers by "%.14g" and "%.17g", which costs ten times as much as
-- "%d"; so what goes into a command or a text is made by this. nows is now.
local function int(n) return fmt('%d', n) end

-- Redis TIME decides. Within an incarnation a step back goes into an offset, so timers run on. The
-- latest instant is noted every 20 ms: a smaller step back changes nothing that anybody sees.
local function instant()
  if meta[5] then return tonumber(meta[5]) end -- a test's frozen clock
  local t = call('TIME')
  local raw = t[1] * 1000 + math.floor(t[2] / 1000)
  local at, last = raw + num(meta[2]), num(meta[3])
  if at < last then
    at = last
    call('HSET', META, 'offset', last - raw)
  elseif at > last + 20 then
    call('HSET', META, 'last', int(at))
  end
  return at
end

-- False when this node's incarnation is over: nothing may be written.
local function begin(keys, argv)
  KEYS, ARGV, P, NODE = keys, argv, keys[1], argv[3]
  META, TIMERS, SPOOL = P .. ':meta', P .. ':timers', P .. ':spool'
  call, fmt = redis.call, string.format
  tables, names, contacts, advisers = {}, {}, {}, {}
  events, counts, unreserved, pace, served = {}, nil, {}, nil, {}
  meta = call('HMGET', META, 'incarnation', 'offset', 'last', 'held', 'clock', 'closed', 'drains', 'full')
  if meta[1] ~= ARGV[1] then return false end
  now = instant()
  nows = int(now)
  held = num(meta[4]) > now -- for a plan: nobody is offered anything
  return true
end

-- One table per contact and adviser and call, so that no step works on an older copy.
local function load(key)
  local t = tables[key]
  if t then return t end
  t = {}
  local flat = call('HGETALL', key)
  for i = 1, #flat, 2 do t[flat[i]] = flat[i + 1] end
  tables[key], names[t] = t, key
  return t
end
local function contact(id)
  local c = contacts[id]
  if c then return c end
  c = load(P .. ':c:' .. id)
  contacts[id] = c
  return c
end
local function adviser(id)
  local a = advisers[id]
  if a then return a end
  a = load(P .. ':a:' .. id)
  advisers[id] = a
  return a
end
-- For texts alone; put takes whole numbers too.
local function write(t, ...)
  local args = {...}
  for i = 2, #args, 2 do t[args[i - 1]] = args[i] end
  call('HSET', names[t], ...)
end
local function put(key, t, ...)
  local args = {...}
  for i = 2, #args, 2 do
    local v = args[i]
    if type(v) == 'number' then
      v = v == now and nows or int(v)
      args[i] = v
    end
    t[args[i - 1]] = v
  end
  call('HSET', key, unpack(args))
end
local function putc(id, c, ...) put(names[c], c, ...) end
local function puta(id, a, ...) put(names[a], a, ...) end

-- Who may still be let in: what runs needs the room that is left.
local function full() return num(meta[8]) > now or call('XLEN', SPOOL) >= @spoolmax end
-- A contact's hash goes. A later step of the same script finds nobody, and writes nothing of it again.
local function forget(id, c)
  call('DEL', names[c])
  for k in pairs(c) do c[k] = nil end
end

local function timer(member, at) call('ZADD', TIMERS, int(at), member) end
local function untimer(...) call('ZREM', TIMERS, ...) end

-- Events wait for the end of the script, where one counter numbers them all. Codes and ids need no
-- escaping; what is said is never in them. why is JSON.
local function event(kind, id, c, who, reason, staged, why)
  events[#events + 1] = ',"kind":"' .. kind .. '","at":' .. nows .. ',"reason":"' .. (reason or '') .. '","adviser":"' .. (who or '')
    .. '","contact":"' .. id .. '","channel":"' .. c.channel .. '","language":"' .. c.language .. '","lane":"' .. c.lane
    .. '","arrival":' .. c.arrival .. ',"state":"' .. c.state .. '","owner":"' .. (c.owner or '') .. '","epoch":' .. c.epoch
    .. ',"version":' .. c.version .. ',"accepted":' .. (c.accepted or '0') .. ',"ended":' .. (c.ended or '0')
    .. ',"recorded":' .. (c.recorded or '0')
    .. (c.windows and ',"callback":{"due":' .. (c.due or '0') .. ',"attempts":' .. (c.attempts or '0') .. '}' or '')
    .. (why and ',"why":' .. why or '') .. (staged and ',"staged":' .. cjson.encode(staged) or '') .. '}'
end
local function spooled()
  local out = {}
  if #events == 0 then return out end
  local n = call('HINCRBY', META, 'events', int(#events)) - #events
  for i = 1, #events do
    local e = '{"inc":' .. ARGV[1] .. ',"n":' .. int(n + i) .. events[i]
    out[2 * i - 1] = call('XADD', SPOOL, '*', 'e', e)
    out[2 * i] = e
  end
  return out
end

-- Each publish to a node carries the node's counter: a gap tells it that something was missed.
local function post(node, members)
  local n = call('HINCRBY', P .. ':nodes', node, '1')
  call('PUBLISH', P .. ':node:' .. node, '{"n":' .. int(n) .. ',' .. members .. '}')
end
local function publish(node, t)
  if (node or '') ~= '' then post(node, string.sub(cjson.encode(t), 2, -2)) end
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

-- settle does what a step leaves for its end (rule.lua).
local function settle() end
local function ok(value)
  settle()
  if type(value) == 'table' then value = cjson.encode(value) end
  return {0, value or '', spooled()}
end

-- A contact's token is dead once it left by "exit" or a return by number made a newer version.
local function bearer(c, version)
  return c.state and num(c.version) == tonumber(version) and num(c.dead) < tonumber(version)
end

-- A socket is the node's: it goes when the node's lease is over, also where no beat came yet.
local function hold(member)
  call('SADD', P .. ':n:' .. NODE, member)
  if not call('ZSCORE', TIMERS, 'node|' .. NODE) then timer('node|' .. NODE, now + @lease) end
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
