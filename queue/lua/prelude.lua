-- Shared by every verb. keys[1] is the line's tag "{line:<name>}": each key is that plus a suffix,
-- so all keys of a line share one slot. ARGV: 1 incarnation, 2 salt, 3 node; verbs from 4. What
-- begins with an at sign is a setting (ms), filled in when the node starts.
-- Reply of every verb: {code, json or number, {spool id, event, ...}}; codes are in client.go.
-- One library holds every verb, so that its functions are made once and not in every call; what belongs
-- to one call is set anew by begin. Redis has neither call nor string while it loads a library.
local KEYS, ARGV, P, NODE, META, TIMERS, SPOOL, CLASSES, NODES, CONTACT, ADVISER
local call, fmt, find, match, gmatch, cut, floor, each
local meta, now, nows, soon, held, tables, contacts, advisers, events, logged, counts, unreserved, pace
local serves, shelves, profiles, kinds, kinded -- keys that are made once and not in every call
local names -- the key of each table that was read, while the table is there
local lastnode, lastchannel
local book = {} -- of callbacks (book.lua)
-- To add is to read a text once; tonumber reads it twice.
local function num(v) return v and v ~= '' and v ~= '0' and v + 0 or 0 end
-- A whole number as text. Lua and Redis write numbers by "%.14g" and "%.17g", which costs ten times as much as
-- "%d"; so what goes into a command or a text is made by this. nows is now.
local SMALL = {[-3] = '-3', [-2] = '-2', [-1] = '-1', [0] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}
local function int(n) return SMALL[n] or fmt('%d', n) end

-- Redis TIME decides. Within an incarnation a step back goes into an offset, so timers run on. The
-- latest instant is noted every 20 ms: a smaller step back changes nothing that anybody sees.
local function instant()
  if meta[4] then return tonumber(meta[4]) end -- a test's frozen clock
  local t = call('TIME')
  local us = t[2] + 0
  local raw = t[1] * 1000 + (us - us % 1000) / 1000
  local at, last = raw + num(meta[2]), num(meta[3])
  if at < last then
    at = last
    call('HSET', META, 'offset', last - raw)
  elseif at > last + 20 then
    call('HSET', META, 'last', int(at))
  end
  return at
end

-- The keys of a line stay the same from call to call. Who is on duty for a group has a key of its own; shelves
-- holds such keys for all groups of a kind of adviser, and the groups themselves, for at most 500 kinds.
local function line(tag)
  P = tag
  META, TIMERS, SPOOL, CLASSES, NODES = P .. ':meta', P .. ':timers', P .. ':spool', P .. ':classes', P .. ':nodes'
  CONTACT, ADVISER = P .. ':c:', P .. ':a:'
  serves, shelves, profiles, kinds, kinded, lastnode = {}, {}, 0, {}, 0, nil
end
local function serve(g)
  local key = serves[g]
  if not key then
    key = P .. ':serve:' .. g
    serves[g] = key
  end
  return key
end
local function shelf(list)
  local keys = shelves[list]
  if keys then return keys end
  if profiles == 500 then shelves, profiles = {}, 0 end
  keys, profiles = {}, profiles + 1
  for g in gmatch(list, '[^,]+') do
    keys[#keys + 1] = serve(g)
    keys[g] = true
  end
  shelves[list] = keys
  return keys
end

local function enter(keys, argv)
  KEYS, ARGV, NODE = keys, argv, argv[3]
  if not call then -- to look up a name of Redis takes longer than a call of a function
    call, fmt, find, match, gmatch, cut = redis.call, string.format, string.find, string.match, string.gmatch, string.sub
    floor, each, names = math.floor, ipairs, setmetatable({}, {__mode = 'k'})
  end
  if keys[1] ~= P then line(keys[1]) end
end
-- False when this node's incarnation is over: nothing may be written.
local function begin(keys, argv)
  enter(keys, argv)
  tables, contacts, advisers = nil, {}, {}
  events, counts, unreserved, pace, soon = {nil, nil, nil}, nil, nil, nil, nil
  meta = call('HMGET', META, 'incarnation', 'offset', 'last', 'clock', 'held', 'closed', 'drains', 'full', 'events', 'served')
  if meta[1] ~= ARGV[1] then return false end
  logged = num(meta[9])
  now = instant()
  nows = int(now)
  held = num(meta[5]) > now -- for a plan: nobody is offered anything
  return true
end
-- The same for a verb that notes no event and moves nobody: what such a step would need is not there.
local function beginBrief(keys, argv)
  enter(keys, argv)
  tables, contacts, advisers, events, counts, unreserved = nil, nil, nil, nil, nil, nil
  meta = call('HMGET', META, 'incarnation', 'offset', 'last', 'clock')
  if meta[1] ~= ARGV[1] then return false end
  now = instant()
  nows = int(now)
  return true
end

-- One table per contact and adviser and call, so that no step works on an older copy.
local function read(t, key)
  local flat = call('HGETALL', key)
  for i = 1, #flat, 2 do t[flat[i]] = flat[i + 1] end
  names[t] = key
  return t
end
local function load(key)
  tables = tables or {}
  local t = tables[key]
  if t then return t end
  t = read({}, key)
  tables[key] = t
  return t
end
local function contact(id)
  local c = contacts[id]
  if c then return c end
  c = read({}, CONTACT .. id)
  contacts[id] = c
  return c
end
local function adviser(id)
  local a = advisers[id]
  if a then return a end
  a = read({}, ADVISER .. id)
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
-- A console without its adviser's place: a newer one has it, or Redis has lost it. Then its node is told the life that
-- it is in, and asks it to come back; no page may believe that it is open elsewhere.
local function unseated(a, epoch) return {num(a.conn) < tonumber(epoch) and 1 or 5} end

-- Who may still be let in: what runs needs the room that is left.
local function full() return num(meta[8]) > now or call('XLEN', SPOOL) >= @spoolmax end
-- A contact's hash goes. A later step of the same script finds nobody, and writes nothing of it again.
local function forget(id, c)
  call('DEL', names[c])
  for k in pairs(c) do c[k] = nil end
end

local function timer(member, at) call('ZADD', TIMERS, int(at), member) end
local function untimer(...) call('ZREM', TIMERS, ...) end

-- Events wait for the end of the script, where one counter is raised for them all; nothing else raises it. Codes
-- and ids need no escaping; what is said is never in them. Long texts are made once: Redis's Lua reads every
-- byte of a text that it makes. Members that are empty or 0 are left out. why is JSON.
local function note(members)
  local n = #events + 1
  events[n] = '{"inc":' .. ARGV[1] .. ',"n":' .. int(logged + n) .. members .. '}'
end
local function event(kind, id, c, who, reason, staged, why)
  local n, rest = #events + 1, ''
  if reason and reason ~= '' then rest = ',"reason":"' .. reason .. '"' end
  if who and who ~= '' then rest = rest .. ',"adviser":"' .. who .. '"' end
  if not c.plain then
    local owner = c.owner
    if owner and owner ~= '' then rest = rest .. ',"owner":"' .. owner .. '"' end
    if c.accepted or c.ended or c.recorded then
      rest = rest .. ',"accepted":' .. (c.accepted or '0') .. ',"ended":' .. (c.ended or '0') .. ',"recorded":' .. (c.recorded or '0')
    end
    if c.windows then rest = rest .. ',"callback":{"due":' .. (c.due or '0') .. ',"attempts":' .. (c.attempts or '0') .. '}' end
  end
  if staged then rest = rest .. ',"staged":' .. cjson.encode(staged) end
  events[n] = '{"inc":' .. ARGV[1] .. ',"n":' .. int(logged + n) .. ',"kind":"' .. kind .. '","at":' .. nows
    .. ',"contact":"' .. id .. '","channel":"' .. c.channel .. '","language":"' .. c.language .. '","lane":"' .. c.lane
    .. '","arrival":' .. c.arrival .. ',"state":"' .. c.state .. '","epoch":' .. c.epoch .. ',"version":' .. c.version
    .. rest .. (why and ',"why":' .. why .. '}' or '}')
end
local function spooled()
  local n = #events
  if n == 0 then return events end
  call('HINCRBY', META, 'events', int(n))
  local one, two = events[1], events[2]
  if n == 1 then return {call('XADD', SPOOL, '*', 'e', one), one} end
  if n == 2 then return {call('XADD', SPOOL, '*', 'e', one), one, (call('XADD', SPOOL, '*', 'e', two)), two} end
  local out = {}
  for i = 1, n do
    local e = events[i]
    out[2 * i - 1] = call('XADD', SPOOL, '*', 'e', e)
    out[2 * i] = e
  end
  return out
end

-- Each publish to a node carries the node's counter: a gap tells it that something was missed.
local function channel(node)
  if node ~= lastnode then lastnode, lastchannel = node, P .. ':node:' .. node end
  return lastchannel
end
local function post(node, members)
  local n = call('HINCRBY', NODES, node, '1')
  call('PUBLISH', channel(node), '{"n":' .. int(n) .. ',' .. members .. '}')
end
local function publish(node, t)
  if (node or '') ~= '' then post(node, cut(cjson.encode(t), 2, -2)) end
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
