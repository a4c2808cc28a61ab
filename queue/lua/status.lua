-- status: whether the line takes contacts, what the page tells of it, and the languages that somebody on duty speaks.
local spoken, seen = {}, {}
for _, aid in ipairs(call('ZRANGE', P .. ':serve:interpreter', 0, 63)) do
  for l in string.gmatch(adviser(aid).languages or '', '[^,]+') do
    if not seen[l] then spoken[#spoken + 1] = l end
    seen[l] = true
  end
end
table.sort(spoken)
local told = call('HMGET', META, 'closed', 'notice', 'event')
return ok({open = not told[1], notice = told[2] or '', event = told[3] == '1', languages = #spoken > 0 and spoken or nil})
