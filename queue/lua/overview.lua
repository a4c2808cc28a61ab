-- overview: what a shift hands to the next: open legs of everybody, callbacks of the next 24 h and those that
-- a person has to look at, forms that are owed, at most 200 each; how many wait; counts of seven days. Confirmed
-- it is noted who has seen it. ARGV: 4 adviser, 5 console epoch, 6 confirm. Reply: {legs, calls, owed, waiting,
-- counts, confirmed}.
local aid = ARGV[4]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
local out = {waiting = 0, counts = shift.counts()}
local function add(into, id, c, at)
  out[into] = out[into] or {}
  if #out[into] >= 200 then return end
  table.insert(out[into], {contact = id, channel = c.channel, language = c.language, lane = c.lane, state = c.state,
    at = at, alias = (c.owner or '') ~= '' and adviser(c.owner).alias or nil, reason = c.reason, attempts = num(c.attempts)})
end
for _, who in ipairs(call('SMEMBERS', P .. ':consoles')) do
  for _, set in ipairs({':legs:', ':parked:'}) do
    for _, id in ipairs(byArrival(call('SMEMBERS', P .. set .. who))) do add('legs', id, contact(id), num(contact(id).arrival)) end
  end
end
for _, id in ipairs(call('ZRANGE', P .. ':danger', 0, 199)) do
  if contact(id).state == 'danger_open' then add('legs', id, contact(id), num(contact(id).arrival)) end
end
for _, n in pairs(classes()) do out.waiting = out.waiting + n end
for _, id in ipairs(call('ZRANGE', P .. ':review', 0, 199)) do add('calls', id, contact(id), num(contact(id).due)) end
for _, id in ipairs(call('ZRANGEBYSCORE', P .. ':calls', '-inf', now + 86400000, 'LIMIT', 0, 200)) do
  if num(contact(id).ended) == 0 then add('calls', id, contact(id), num(contact(id).due)) end
end
for _, id in ipairs(call('ZRANGE', P .. ':owed', 0, 199)) do add('owed', id, contact(id), num(contact(id).ended) + @due) end
if ARGV[6] == '1' then
  call('SET', P .. ':relief', now .. ' ' .. (a.alias or ''))
  note(fmt(',"kind":"shift_taken","at":%.0f,"reason":"","adviser":"%s","page":{"id":"shift","step":%.0f,"waited":0}',
    now, aid, #(out.legs or {}) + #(out.calls or {}) + #(out.owed or {})))
end
local at, alias = string.match(call('GET', P .. ':relief') or '', '^(%d+) (.*)$')
if at then out.confirmed = {at = tonumber(at), alias = alias} end
return ok(out)
