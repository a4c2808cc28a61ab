-- Who listens in on a leg: at most one supervisor, by one socket. Both sides are told who it is before anything that
-- is said goes there, and when it is over.
local function tellListener(id, c, state)
  local alias = c.listenalias
  tellc(id, c, 'listener', {state = state, alias = alias})
  if (c.owner or '') ~= '' then tella(c.owner, adviser(c.owner), 'listener', {contact = id, state = state, alias = alias}) end
end
-- It ends with the leg, however that ends. A node that is gone is told nothing.
local function unlisten(id, c, gone)
  if not c.listener then return end
  local node, mark = c.listennode, c.listenmark
  call('SREM', P .. ':n:' .. node, 'l|' .. id .. '|' .. mark)
  tellListener(id, c, 'left')
  call('HDEL', names[c], 'listener', 'listenalias', 'listennode', 'listenmark')
  c.listener, c.listenalias, c.listennode, c.listenmark = nil, nil, nil, nil
  if not gone then publish(node, {to = 'l:' .. id, kind = 'ended', state = mark}) end
end
