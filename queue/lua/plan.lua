-- plan: what a plan is made of: who is free, in the order of choice, and who waits, of each class as
-- many as there are slots. Reply: {now, advisers = {{id, groups, used, capacity, flex, idle, reserved}},
-- waiting = {{id, lane, group, at, call, late, out}}}; out are those who may not have it.
local advisers, waiting, room = {}, {}, 0
local kept = callsWait() and reservations() or {}
for _, aid in ipairs(call('ZRANGE', P .. ':serve:interpreter', 0, -1)) do
  local a = adviser(aid)
  if free(a) then
    room = room + num(a.capacity) - num(a.used)
    advisers[#advisers + 1] = {id = aid, groups = a.groups, used = num(a.used), capacity = num(a.capacity),
      flex = num(a.flex), idle = num(a.idle), reserved = kept[aid]}
  end
end
for k in pairs(room > 0 and classes() or {}) do
  local list = call('ZRANGE', P .. ':w:' .. k, 0, room + 7, 'WITHSCORES')
  for i = 1, #list, 2 do
    local c, out = contact(list[i]), {}
    for who in pairs(excluded(c)) do out[#out + 1] = who end
    waiting[#waiting + 1] = {id = list[i], lane = c.lane, group = c.group, at = tonumber(list[i + 1]), call = isCall(c),
      out = #out > 0 and out or nil, late = c.lane ~= 'danger' and overdue(k, list[i], tonumber(list[i + 1]))}
  end
end
return ok({now = now, advisers = #advisers > 0 and advisers or nil, waiting = #waiting > 0 and waiting or nil})
