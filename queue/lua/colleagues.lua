-- colleagues: who is ready now, for a transfer: at most 200, by alias. Reply: {advisers = {{id, alias,
-- languages, free}}}.
local list = {}
for _, aid in ipairs(call('ZRANGE', P .. ':serve:interpreter', 0, 199)) do
  local a = adviser(aid)
  list[#list + 1] = {id = aid, alias = a.alias or '', languages = a.languages or '', free = free(a)}
end
table.sort(list, function(x, y) return x.alias < y.alias or x.alias == y.alias and x.id < y.id end)
return ok({advisers = #list > 0 and list or nil})
