-- forms: every form that is owed, at most 200, those first whose contact ended first. free: any adviser or supervisor
-- may finish it by now. Reply: {forms}.
local forms = {}
for _, id in ipairs(call('ZRANGE', P .. ':owed', 0, 199)) do
  local c = contact(id)
  if c.state == 'owed' then
    forms[#forms + 1] = {contact = id, channel = c.channel, language = c.language, lane = c.lane, arrival = num(c.arrival),
      ended = num(c.ended), ['until'] = num(c.ended) + @due, alias = adviser(c.owner).alias or '', free = everybodys(c),
      draft = c.draft, version = num(c.draftversion)}
  end
end
return ok({forms = #forms > 0 and forms or nil})
