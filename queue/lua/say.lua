-- say: a message enters its conversation once, numbered, and goes to the other side's node.
-- ARGV: 4 contact, 5 side, 6 version or adviser, 7 console epoch, 8 cid, 9 sealed, 10 up to where the
-- contact's page has received, 11 the end of the wrapped key that it is sealed with. Reply: seq and instant, the
-- first ones of a message that comes again.
local id, side, key = ARGV[4], ARGV[5], P .. ':c:' .. ARGV[4]
local f = call('HMGET', key, 'state', 'version', 'dead', 'owner', 'seq', 'key', 'node', 'rate_' .. side, 'count', 'got',
  'listennode')
local c = {state = f[1], version = f[2], dead = f[3], owner = f[4], seq = f[5], key = f[6], node = f[7]}
local a
if not c.state or not c.key then return {2} end
if (c.owner or '') ~= '' then
  local g = call('HMGET', P .. ':a:' .. c.owner, 'conn', 'node')
  a = {conn = g[1], node = g[2]}
end
local live = c.state == 'active' or c.state == 'transferring'
if side == 'contact' then
  live = live or c.state == 'waiting' or c.state == 'offered' or c.state == 'away'
  if not bearer(c, ARGV[6]) then return {2} end
elseif c.owner ~= ARGV[6] then return {2}
elseif a.conn ~= ARGV[7] then return unseated(a, ARGV[7]) end
local cids = P .. ':m:' .. id
local known = call('HGET', cids, side .. ARGV[8])
if known then
  local m = call('XRANGE', P .. ':s:' .. id, known .. '-0', known .. '-0')[1]
  return {0, known .. ' ' .. (m and m[2][8] or nows), {}}
end
if not live then return {2} end
if ARGV[11] ~= '' and string.sub(c.key, -#ARGV[11]) ~= ARGV[11] then return {1} end -- nobody could open it
local second, sent = string.match(f[8] or '0 0', '(%d+) (%d+)')
local this = math.floor(now / 1000)
if tonumber(second) ~= this then sent = 0 end
if tonumber(sent) >= 5 or num(f[9]) >= 2000 then return {7} end
local seq = math.max(num(c.seq) + 1, tonumber(ARGV[1]) * 1000000 + 1)
local s = int(seq)
call('XADD', P .. ':s:' .. id, s .. '-0', 'from', side, 'cid', ARGV[8], 'sealed', ARGV[9], 'at', nows)
call('HSET', cids, side .. ARGV[8], s)
call('HSET', key, 'seq', s, 'last', nows, 'rate_' .. side, int(this) .. ' ' .. int(sent + 1), 'count', int(num(f[9]) + 1))
if num(ARGV[10]) > num(f[10]) then call('HSET', key, 'got', int(math.min(num(ARGV[10]), seq))) end
local to = side == 'adviser' and 'c:' .. id or 'a:' .. (c.owner or '')
local node = side == 'adviser' and c.node or a and a.node
if (node or '') ~= '' then
  call('PUBLISH', P .. ':node:' .. node, '{"n":' .. int(call('HINCRBY', NODES, node, '1')) .. ',"to":"' .. to
    .. '","kind":"message","contact":"' .. id .. '","seq":' .. s .. ',"cid":"' .. ARGV[8] .. '","from":"' .. side
    .. '","sealed":"' .. ARGV[9] .. '","key":"' .. c.key .. '","at":' .. nows .. ',"version":' .. (c.version or '0')
    .. ',"epoch":' .. (a and a.conn or '0') .. '}')
end
if f[11] then
  local mark = call('HGET', key, 'listenmark') or ''
  post(f[11], '"to":"l:' .. id .. '","kind":"message","state":"' .. mark .. '","seq":' .. s .. ',"cid":"' .. ARGV[8] .. '","from":"' .. side
    .. '","sealed":"' .. ARGV[9] .. '","key":"' .. c.key .. '","at":' .. nows)
end
return {0, s .. ' ' .. nows, {}}
