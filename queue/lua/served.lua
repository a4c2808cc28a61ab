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
    local g = group(c.language, c.skill)
    if g ~= c.group then moved[#moved + 1] = {id = id, group = g} end
  end
end
for _, m in ipairs(moved) do
  local c = contact(m.id)
  unclass(m.id, c)
  putc(m.id, c, 'group', m.group)
end
local ids = {}
for i, m in ipairs(moved) do ids[i] = m.id end
for _, id in ipairs(byArrival(ids)) do wait(id, contact(id)) end
return ok()
