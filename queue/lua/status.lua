-- status: whether the line takes contacts, and the languages that somebody on duty speaks.
local spoken = {}
for _, l in ipairs(call('SMEMBERS', P .. ':languages')) do
  if call('SCARD', P .. ':duty:' .. l) > 0 then spoken[#spoken + 1] = l end
end
table.sort(spoken)
return ok({open = not call('HGET', META, 'closed'), languages = #spoken > 0 and spoken or nil})
