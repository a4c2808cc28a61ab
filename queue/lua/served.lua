-- served: the languages that accounts serve; who waits in another one is anybody's. ARGV: 4.. languages.
local key, same = P .. ':served', call('SCARD', P .. ':served') == #ARGV - 3
for i = 4, #ARGV do same = same and call('SISMEMBER', key, ARGV[i]) == 1 end
if same then return ok() end
call('DEL', key)
if #ARGV > 3 then call('SADD', key, unpack(ARGV, 4)) end
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
