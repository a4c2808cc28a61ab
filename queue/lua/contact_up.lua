-- contact_up: a contact's socket opened; an older one is replaced, a place that was kept is live again.
-- ARGV: 5 contact, 6 version, 7 socket. Reply: view.
local id = ARGV[5]
local c = contact(id)
if not bearer(c, ARGV[6]) then return {2} end
if num(c.ended) > 0 and now - num(c.ended) > 600000 then return {2} end
local function view()
  return ok({state = c.state, alias = c.alias or '', seq = num(c.seq), floor = num(c.floor),
    ahead = place(id, c), key = c.key or '', version = num(c.version)})
end
if num(c.ended) > 0 then return view() end
if (c.socket or '') ~= '' and c.socket ~= ARGV[7] then
  tellc(id, c, 'replaced', {state = c.socket})
  call('SREM', P .. ':n:' .. c.node, 'c|' .. id .. '|' .. c.socket)
end
putc(id, c, 'up', '1', 'node', NODE, 'socket', ARGV[7])
hold('c|' .. id .. '|' .. ARGV[7])
untimer('away|' .. id, 'quiet|' .. id)
if c.state == 'away' then
  putc(id, c, 'state', 'waiting', 'exit', '')
  event('returned', id, c)
  queue(id, c)
  seek(id, c)
elseif c.state == 'active' and c.told == '1' then
  putc(id, c, 'told', '0')
  tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'active'})
end
return view()
