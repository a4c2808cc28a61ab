-- rebuild: legs take the places that the ledger gives them, in a queue whose places were cleared. What only
-- Redis has (text, drafts, what was told) stays as far as it is there. Nobody counts as connected, every
-- epoch and number goes on in the new incarnation. ARGV: 4 legs (JSON list of {contact, channel, language,
-- lane, arrival, state, owner, capacity, epoch, version, accepted, ended, recorded, reason, key, told,
-- number; of a call also print, windows, due, attempts, converted, keep}). Reply: {lost}: conversations
-- whose text is gone.
local base, lost = tonumber(ARGV[1]) * 1000000, 0
local place = {}

-- A place that is kept until its person is back: nobody is offered who is not there.
function place.away(id, c)
  local exit = c.exit == '1'
  putc(id, c, 'state', 'away', 'owner', '', 'alias', '')
  timer('away|' .. id, now + (exit and @exit or c.lane == DANGER and @awaydanger or @away))
  timelife(id, textend(c))
  alarm(id, c, 'waiting')
end
local function owned(id, c, r)
  local a = adviser(c.owner)
  local w = c.external == '1' and 0 or isCall(c) and r.capacity or 1
  call('SADD', P .. ':legs:' .. c.owner, id)
  call('SADD', P .. ':consoles', c.owner)
  putc(id, c, 'weight', w)
  puta(c.owner, a, 'used', num(a.used) + w, 'up', '0', 'capacity', a.capacity or r.capacity)
  call('ZADD', TIMERS, 'NX', now + @grace, 'lost|' .. c.owner)
end
function place.external(id, c, r) owned(id, c, r) end
function place.active(id, c, r)
  putc(id, c, 'state', 'active', 'told', '0')
  owned(id, c, r)
  if not c.windows then
    timelife(id, textend(c))
    return timer('quiet|' .. id, now + @quiet)
  end
  local due, till = book.next(c, num(c.due))
  putc(id, c, 'due', due or c.due, 'till', till or c.till or 0)
  timer('shut|' .. id, num(c.till))
  timer('keep|' .. id, r.keep)
end
function place.parked(id, c)
  call('SADD', P .. ':parked:' .. c.owner, id)
  timelife(id, textend(c))
end
function place.danger_open(id, c)
  putc(id, c, 'owner', '')
  timer('danger|' .. id, now + @danger)
  timelife(id, textend(c))
  alarm(id, c, 'open')
end
function place.wrapping(id, c, r)
  owned(id, c, r)
  timer('wrap|' .. id, math.max(num(c.ended) + @wrap, now + @grace))
end
function place.owed(id, c)
  call('ZADD', P .. ':owed', c.ended, id)
  timer('due|' .. id, num(c.ended) + @due)
end
function place.completed(id, c)
  timer('gone|' .. id, num(c.recorded) > 0 and num(c.recorded) + @due or now)
end
function place.abandoned(id, c)
  timer('gone|' .. id, math.min(now + @textidle, math.max(num(c.arrival) + @textlife, now)))
end
function place.over(id) timer('gone|' .. id, now + 600000) end
place.waiting, place.offered, place.transferring = place.away, place.away, place.active

for _, r in ipairs(cjson.decode(ARGV[4])) do
  local id = r.contact
  local c = contact(id)
  local known, open = c.state ~= nil, r.ended == 0
  local kept = num(c.seq)
  -- A return by number that Redis forgot with its last second: whoever came back sees nothing earlier, and the
  -- number that was used is over.
  local returned = known and r.version > num(c.version)
  local aside = r.channel == 'phone' or r.channel == 'in_person' -- it has a form, and nothing that was said here
  if c.listener then call('HDEL', names[c], 'listener', 'listenalias', 'listennode', 'listenmark') end -- no socket outlives a life
  local gone = open and not aside and (not known or num(c.count) > 0) and call('EXISTS', P .. ':s:' .. id) == 0
  putc(id, c, 'life', ARGV[1], 'state', r.state, 'channel', r.channel, 'language', r.language, 'lane', r.lane, 'skill', c.skill or '',
    'arrival', fmt('%.0f', r.arrival), 'owner', r.owner, 'version', r.version, 'reason', r.reason, 'print', c.print or r.print or '',
    'epoch', open and math.max(r.epoch, num(c.epoch), base) or r.epoch, 'accepted', fmt('%.0f', r.accepted), 'ended', fmt('%.0f', r.ended),
    'recorded', fmt('%.0f', r.recorded), 'up', '0', 'socket', '', 'node', '', 'gone', now, 'offer', '', 'offered', '', 'expires', 0,
    'reserved', '', 'drain', '', 'excluded', '', 'group', group(r.language, c.skill), 'kept', kept)
  if returned then
    putc(id, c, 'floor', kept, 'got', kept, 'heldin', '')
    unnumber(id, c)
  end
  if aside then putc(id, c, 'external', '1', 'weight', 0)
  elseif returned or not c.number then
    putc(id, c, 'number', r.number)
    if open or r.state == 'abandoned' then call('SET', P .. ':number:' .. r.number, id, 'NX') end
  end
  if not aside and not c.key and (r.key or '') ~= '' then putc(id, c, 'key', r.key, 'intake', r.told) end
  if r.windows then
    putc(id, c, 'windows', r.windows, 'attempts', r.attempts, 'converted', r.converted, 'due', fmt('%.0f', r.due),
      'overdue', fmt('%.0f', tonumber(string.match(r.windows, '(%d+)$')) - 5400000))
  end
  if not known and r.state == 'away' and r.reason == 'exit' then putc(id, c, 'exit', '1', 'dead', r.version) end
  if not known and num(c.recorded) > 0 then putc(id, c, 'recorder', r.owner) end
  if open then putc(id, c, 'seq', math.max(kept, base)) end
  if gone and not c.windows then
    lost = lost + 1
    missing(id, c)
  end
  local put = place[r.state] or place.over
  put(id, c, r)
  if open then event('rebuilt', id, c, c.owner) end
end
return ok({lost = lost})
