-- leave: exit keeps the place for the return number (the token dies); done and cancel are final and
-- destroy the text. ARGV: 5 contact, 6 version, 7 kind, 8 exit ms, 9 wrap ms, 10 keep ms.
local id, kind = ARGV[5], ARGV[7]
local c = contact(id)
if not bearer(c, ARGV[6]) then return {2} end
if num(c.ended) > 0 then return ok() end
local active = c.state == 'active'
if kind == 'exit' then
  tellc(id, c, 'replaced', {state = c.socket or ''})
  contactdown(id, c, tonumber(ARGV[8]), tonumber(ARGV[8]), 0)
  putc(id, c, 'dead', c.version, 'exit', '1')
  if not active then timer('away|' .. id, now + tonumber(ARGV[8])) end
  event('left', id, c, c.owner, 'exit')
elseif active then
  wrap(id, c, kind == 'done' and 'contact_done' or 'contact_cancelled', tonumber(ARGV[9]))
  erase(id, c)
else
  close(id, c, 'cancelled', 'left', kind)
  unnumber(id, c)
  erase(id, c)
  timer('gone|' .. id, now + tonumber(ARGV[10]))
end
if active then
  untimer('quiet|' .. id)
  putc(id, c, 'told', '1')
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'left'})
end
return ok()
