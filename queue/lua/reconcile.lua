-- reconcile: holds contacts, advisers and classes to the invariants (each leg in exactly one place; load is
-- offers and legs; whatever is not over has a timer or a lease) and repairs what breaks them. All of it should
-- find nothing, ever. ARGV: 4.. members c|contact, a|adviser, w|class. Reply: {repairs = {kind = count}}.
local repairs = {}
local function repaired(kind) repairs[kind] = (repairs[kind] or 0) + 1 end
local function timed(member, at)
  if call('ZSCORE', TIMERS, member) then return end
  timer(member, at)
  repaired('timer')
end
local function inSet(key, id)
  if call('SISMEMBER', P .. key, id) == 1 then return end
  call('SADD', P .. key, id)
  repaired('place')
end
local function inOrder(key, id, at)
  if call('ZSCORE', P .. key, id) then return end
  call('ZADD', P .. key, at, id)
  repaired('place')
end
-- A socket is the node's, and a node has a lease. One whose node was just evicted is taken down by a timer of
-- its own, so a breach counts only when it is still there after 5 s.
local function leased(member, node)
  local mark = P .. ':doubt:' .. member
  if call('SISMEMBER', P .. ':n:' .. node, member) == 1 and call('ZSCORE', TIMERS, 'node|' .. node) then return true end
  local since = call('GET', mark)
  if not since then
    call('SET', mark, now, 'PX', 60000)
    return true
  end
  if now - tonumber(since) < 5000 then return true end
  call('DEL', mark)
  repaired('lease')
end

local held = {}
local function owned(id, c)
  if (c.owner or '') == '' then -- nobody's: on top of the queue
    untimer('quiet|' .. id)
    putc(id, c, 'state', (c.up == '1' or c.windows) and 'waiting' or 'away', 'lane', c.lane == DANGER and DANGER or 'continuation',
      'epoch', num(c.epoch) + 1)
    event('requeued', id, c, '', 'repaired')
    rewait(id, c)
    return repaired('place')
  end
  inSet(':legs:' .. c.owner, id)
  local a = adviser(c.owner)
  if a.up ~= '1' and not call('ZSCORE', TIMERS, 'lost|' .. c.owner) then
    timer('lost|' .. c.owner, now + @grace)
    repaired('lease')
  end
end
local function lives(id, c)
  if not c.windows then timed('life|' .. id, now) end
end
function held.waiting(id, c)
  local k = P .. ':w:' .. class(c)
  if tonumber(call('ZSCORE', k, id) or -1) ~= num(c.arrival) then
    if call('ZREM', k, id) == 1 then count(class(c), -1) end
    enclass(id, c)
    repaired('place')
    if not held.now then
      local aid, a, why = choose(c, id)
      if aid then
        unclass(id, c)
        offer(id, c, aid, a, why)
      end
    end
  end
  if c.up ~= '1' and not c.windows then timed('away|' .. id, now + (c.lane == DANGER and @awaydanger or @away)) end
  lives(id, c)
end
function held.offered(id, c)
  if (c.offered or '') == '' then
    if c.state == 'transferring' then putc(id, c, 'state', 'active')
    else
      putc(id, c, 'state', 'waiting')
      wait(id, c)
    end
    return repaired('place')
  end
  inSet(':offers:' .. c.offered, id)
  timed('offer|' .. id, num(c.expires) + 1)
  lives(id, c)
end
function held.active(id, c)
  owned(id, c)
  lives(id, c)
end
function held.transferring(id, c)
  held.offered(id, c)
  owned(id, c)
end
function held.parked(id, c)
  inSet(':parked:' .. (c.owner or ''), id)
  lives(id, c)
end
function held.away(id, c)
  timed('away|' .. id, now + (c.exit == '1' and @exit or c.lane == DANGER and @awaydanger or @away))
  lives(id, c)
end
function held.danger_open(id, c)
  inOrder(':danger', id, c.arrival)
  timed('danger|' .. id, now + @danger)
end
-- A call beside the queue has no clock of its own: its console has, and the lease of its adviser.
function held.external(id, c) owned(id, c) end
function held.wrapping(id, c)
  inSet(':legs:' .. (c.owner or ''), id)
  timed('wrap|' .. id, now + @wrap)
end
function held.owed(id, c)
  inOrder(':owed', id, c.ended)
  timed('due|' .. id, num(c.ended) + @due)
end
function held.scheduled(id, c)
  timed('keep|' .. id, num(string.match(c.windows or '', '(%d+)$')) + 259200000)
  if c.linked == '1' then return end
  inOrder(':calls', id, c.due)
  timed('call|' .. id, num(c.due))
  timed('shut|' .. id, num(c.till))
end
function held.review(id, c)
  inOrder(':review', id, now)
  timed('keep|' .. id, num(string.match(c.windows or '', '(%d+)$')) + 259200000)
end

local check = {}
function check.c(id)
  local c = contact(id)
  if not c.state then return end
  if num(c.ended) > 0 and c.state ~= 'wrapping' and c.state ~= 'owed' then return timed('gone|' .. id, now + 600000) end
  local f = held[c.state]
  if f then f(id, c) end
  if c.listener and not (live(c) and leased('l|' .. id .. '|' .. c.listenmark, c.listennode)) then unlisten(id, c, true) end
  if c.up == '1' and not leased('c|' .. id .. '|' .. (c.socket or ''), c.node or '') then contactdown(id, c) end
end
function check.a(aid)
  local a = adviser(aid)
  if not a.conn and not next(a) then return end
  local load = 0
  local function members(key, fits, w)
    for _, id in ipairs(call('SMEMBERS', P .. key .. aid)) do
      local c = contact(id)
      if fits(c) then load = load + num(w and (c[w] or 1) or 0)
      else
        call('SREM', P .. key .. aid, id)
        repaired('stray')
      end
    end
  end
  members(':offers:', function(c) return (c.state == 'offered' or c.state == 'transferring') and c.offered == aid end, 'offerweight')
  members(':legs:', function(c) return (live(c) or c.state == 'wrapping' or c.state == 'external') and c.owner == aid end, 'weight')
  members(':parked:', function(c) return c.state == 'parked' and c.owner == aid end)
  if num(a.used) ~= load then
    puta(aid, a, 'used', load)
    refresh(aid, a)
    repaired('load')
    feed(aid, a)
  end
  if load > num(a.capacity) and call('SCARD', P .. ':offers:' .. aid) > 0 then
    withdrawAll(aid, 'superseded')
    repaired('capacity')
  end
  if a.up == '1' and not leased('a|' .. aid .. '|' .. (a.conn or ''), a.node or '') then consoledown(aid, a) end
  if num(a.cool) > now then timed('cool|' .. aid, num(a.cool)) end
  local wrong, want = false, serving(a)
  for g in groups(a) do
    local s = call('ZSCORE', P .. ':serve:' .. g, aid)
    local late = want and num(a.cool) > 0 and num(a.cool) <= now and num(s) >= BUSY -- its timer is on the way
    if not late and ((s ~= false) ~= want or want and tonumber(s) ~= score(a)) then wrong = true end
  end
  if wrong or want ~= (a.serving == '1') then
    for g in groups(a) do call('ZREM', P .. ':serve:' .. g, aid) end
    refresh(aid, a)
    repaired('serving')
    feed(aid, a)
  end
end
function check.w(k)
  local key = P .. ':w:' .. k
  for _, id in ipairs(call('ZRANGE', key, 0, 199)) do
    local c = contact(id)
    if c.state ~= 'waiting' or class(c) ~= k then
      call('ZREM', key, id)
      repaired('stray')
    end
  end
  local n = call('ZCARD', key)
  if (classes()[k] or 0) ~= n then
    if n > 0 then call('HSET', P .. ':classes', k, n) else call('HDEL', P .. ':classes', k) end
    counts = nil
    repaired('count')
  end
end

held.now = num(meta[5]) > now
for i = 4, #ARGV do
  local kind, name = string.match(ARGV[i], '^(%a)|(.*)$')
  if check[kind] then check[kind](name) end
  settle()
end
return ok({repairs = next(repairs) and repairs or nil})
