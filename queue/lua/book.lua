-- How a callback waits for its windows. A leg with field windows ("from to from to ...", ms) is booked:
-- no socket and no silence of its person takes it away. Keys: :calls holds every booked leg by its next
-- due, :review those that nobody dials until a person has looked. Timers: call (due), drain, risk, shut
-- (the window ends), keep (the number is over).
local REVIEW = 'review'
function book.windows(c)
  local list = {}
  for from, to in string.gmatch(c.windows, '(%d+) (%d+)') do list[#list + 1] = {tonumber(from), tonumber(to)} end
  return list
end
-- The first instant from at on that lies in a window, and that window's end.
function book.next(c, at)
  for _, w in ipairs(book.windows(c)) do
    if at < w[2] then return math.max(at, w[1]), w[2] end
  end
end
-- Every console hears of it; who builds the pager hears of it by the event.
function book.tell(id, c, state)
  for _, node in ipairs(call('HKEYS', P .. ':nodes')) do
    publish(node, {to = 'a:*', kind = 'callback', contact = id, state = state, language = c.language, lane = c.lane,
      reason = c.reason or '', arrival = num(c.due), now = now})
  end
end
-- The counter in :meta lets every step know without a question that somebody is kept free.
function book.drains(by) meta[7] = call('HINCRBY', META, 'drains', by) end
function book.undrain(id, c)
  if c.drain ~= '1' then return end
  putc(id, c, 'drain', '')
  book.drains(-1)
end
function book.free(id, c)
  if not c.windows then return end
  untimer('call|' .. id, 'drain|' .. id, 'risk|' .. id, 'shut|' .. id, 'keep|' .. id)
  call('ZREM', P .. ':calls', id)
  call('ZREM', P .. ':review', id)
  book.undrain(id, c)
  unreserve(id, c)
end
-- Waits for the next window from at on; false when none is left.
function book.plan(id, c, at)
  local due, till = book.next(c, at)
  if not due then return false end
  putc(id, c, 'state', 'scheduled', 'due', due, 'till', till, 'owner', '', 'alias', '')
  call('ZADD', P .. ':calls', due, id)
  call('ZREM', P .. ':review', id)
  timer('call|' .. id, due)
  timer('risk|' .. id, math.max(due, till - 1200000))
  timer('shut|' .. id, till)
  timer('drain|' .. id, math.max(now, due - 7200000))
  return true
end
-- Nobody dials until a person has looked.
function book.review(id, c, reason)
  untimer('call|' .. id, 'drain|' .. id, 'risk|' .. id, 'shut|' .. id)
  call('ZREM', P .. ':calls', id)
  call('ZADD', P .. ':review', now, id)
  book.undrain(id, c)
  unreserve(id, c)
  putc(id, c, 'state', REVIEW, 'reason', reason, 'owner', '', 'alias', '')
  event(reason == 'unreached' and 'unreached' or 'review', id, c, '', reason)
  book.tell(id, c, REVIEW)
end
-- What chats take until they end, for four of five: the 80th percentile of the last 50 legs, 45 min
-- while fewer than ten are known. Chats end at a rate that hardly depends on their age, so what is left
-- of one is about as long as a whole one.
function book.remaining()
  local list = call('LRANGE', P .. ':handling', 0, 49)
  if #list < 10 then return 2700000 end
  for i, ms in ipairs(list) do list[i] = tonumber(ms) end
  table.sort(list)
  return list[math.ceil(#list * 0.8)]
end
-- Makes a contact a booked leg. review: a reason for which it is not dialled yet.
function book.enter(id, c, windows, keep, at, review, linked)
  local last = tonumber(string.match(windows, '(%d+)$'))
  putc(id, c, 'channel', 'callback', 'windows', windows, 'overdue', last - 5400000)
  timer('keep|' .. id, keep)
  if linked == '1' then -- another request of the same number is dialled; this one looks like any other
    local due, till = book.next(c, at)
    return putc(id, c, 'state', 'scheduled', 'linked', '1', 'due', due or at, 'till', till or at)
  end
  if (review or '') ~= '' then
    putc(id, c, 'state', REVIEW)
    return book.review(id, c, review)
  end
  if not book.plan(id, c, at) then book.review(id, c, 'missed') end
end
