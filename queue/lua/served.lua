-- served: the languages that accounts serve; who waits in another one is anybody's. ARGV: 4.. languages.
local list = #ARGV > 3 and ',' .. table.concat(ARGV, ',', 4) .. ',' or nil
if list == (meta[10] or nil) then return ok() end
meta[10] = list
if list then call('HSET', META, 'served', list) else call('HDEL', META, 'served') end
call('DEL', P .. ':served') -- the set of versions before
local moved = {}
for k in pairs(classes()) do
  for _, id in ipairs(call('ZRANGE', P .. ':w:' .. k, 0, -1)) do
    local c = contact(id)
    if groupOf(c) ~= c.group then moved[#moved + 1] = id end
  end
end
moved = byArrival(moved)
for _, id in ipairs(moved) do unclass(id, contact(id)) end
for _, id in ipairs(moved) do wait(id, contact(id)) end
return ok()
