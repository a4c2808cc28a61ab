-- leave: exit keeps the place for the return number (the token dies); done and cancel are final and
-- destroy the text. ARGV: 4 contact, 5 version, 6 kind.
local id, kind = ARGV[4], ARGV[6]
local c = contact(id)
if not bearer(c, ARGV[5]) then return {2} end
if num(c.ended) > 0 then return ok() end
local active, asked = live(c), nil
unlisten(id, c)
if kind == 'exit' then
  tellc(id, c, 'replaced', {state = c.socket or ''})
  contactdown(id, c)
  putc(id, c, 'dead', c.version, 'exit', '1')
  if c.state == 'parked' then
    unpark(id, c, 'left')
    putc(id, c, 'state', 'away', 'owner', '')
  end
  if c.state == 'away' then timer('away|' .. id, now + @exit) end
  event('left', id, c, c.owner, 'exit')
elseif active then
  asked = wrap(id, c, kind == 'done' and 'contact_done' or 'contact_cancelled')
  erase(id, c)
elseif c.state == 'parked' then
  endParked(id, c, kind == 'done' and 'contact_done' or 'contact_cancelled')
else
  close(id, c, 'cancelled', 'left', kind)
  unnumber(id, c)
  erase(id, c)
  timer('gone|' .. id, now + @textidle)
end
if active then
  untimer('quiet|' .. id)
  putc(id, c, 'told', '1')
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'left'})
end
if asked then feed(asked, adviser(asked)) end
return ok()
