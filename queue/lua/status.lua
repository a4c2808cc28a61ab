-- status: whether the line takes contacts, and the languages that somebody on duty speaks.
local spoken, seen = {}, {}
for _, aid in ipairs(call('ZRANGE', P .. ':serve:interpreter', 0, 63)) do
  for l in string.gmatch(adviser(aid).languages or '', '[^,]+') do
    if not seen[l] then spoken[#spoken + 1] = l end
    seen[l] = true
  end
end
table.sort(spoken)
return ok({open = not call('HGET', META, 'closed'), languages = #spoken > 0 and spoken or nil})
