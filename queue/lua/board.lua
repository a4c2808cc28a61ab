-- board: the line as a supervisor sees it. ARGV: 4.. ids of accounts. Reply: {now, open, notice, reopens,
-- event, unmanned, spool, classes, waiting (the oldest 50 of each class), advisers, talks (chats that an adviser has, at
-- most 200), danger, calls, review, missed (windows of seven days), owed (forms)}.
local out = {now = now, open = not meta[6], unmanned = call('HEXISTS', P .. ':page:line', 'id') == 1, spool = call('XLEN', SPOOL),
  calls = call('ZCARD', P .. ':calls'), review = call('ZCARD', P .. ':review'),
  missed = shift.sum('missed'), owed = call('ZCARD', P .. ':owed')}
local told = call('HMGET', META, 'notice', 'reopens', 'event')
out.notice, out.reopens, out.event = told[1] or '', num(told[2]), told[3] == '1'
local list, waiting, danger, staff, talks = {}, {}, {}, {}, {}
for k, n in pairs(classes()) do
  local g, lane, alone = string.match(k, '^([^|]*)|([^|]*)(.*)$')
  local first = call('ZRANGE', P .. ':w:' .. k, 0, 49, 'WITHSCORES')
  list[#list + 1] = {group = g, lane = lane, call = alone ~= '', waiting = n, arrival = num(first[2]),
    served = call('ZCARD', P .. ':serve:' .. g)}
  for i = 1, #first, 2 do
    local c = contact(first[i])
    waiting[#waiting + 1] = {contact = first[i], channel = c.channel, language = c.language, lane = c.lane, arrival = num(c.arrival)}
  end
end
for _, id in ipairs(call('ZRANGE', P .. ':danger', 0, 199)) do
  local c = contact(id)
  danger[#danger + 1] = {contact = id, state = c.state == 'danger_open' and 'open' or 'waiting', language = c.language,
    arrival = num(c.arrival), now = now}
end
for i = 4, #ARGV do
  local a = adviser(ARGV[i])
  if a.conn then
    local d = duty(a)
    d.id = ARGV[i]
    staff[#staff + 1] = d
    for _, id in ipairs(call('SMEMBERS', P .. ':legs:' .. ARGV[i])) do
      local c = contact(id)
      if live(c) and not c.windows and #talks < 200 then
        talks[#talks + 1] = {contact = id, language = c.language, lane = c.lane, alias = c.alias, accepted = num(c.accepted), listener = c.listenalias}
      end
    end
  end
end
out.classes, out.waiting = #list > 0 and list or nil, #waiting > 0 and waiting or nil
out.talks = #talks > 0 and talks or nil
out.danger, out.advisers = #danger > 0 and danger or nil, #staff > 0 and staff or nil
return ok(out)
