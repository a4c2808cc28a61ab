-- release: the adviser has looked who came back by number. What they wrote and no page has shown goes out
-- now, numbered anew behind the floor. Idempotent: it is held no more. ARGV: 4 adviser, 5 console epoch,
-- 6 contact. Reply: how many messages.
local aid, id = ARGV[4], ARGV[6]
local a, c = adviser(aid), contact(id)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
if c.owner ~= aid or not live(c) or not c.key then return {2} end
local list, stream = unseen(id, c.heldin), P .. ':s:' .. id
local seq = math.max(num(c.seq), tonumber(ARGV[1]) * 1000000)
for _, m in ipairs(list) do
  local f = m[2] -- from, side, cid, id, sealed, text, at, instant
  seq = seq + 1
  call('XADD', stream, fmt('%.0f-0', seq), unpack(f))
  call('XDEL', stream, m[1])
  call('HSET', P .. ':m:' .. id, 'adviser' .. f[4], seq)
  tellc(id, c, 'message', {contact = id, seq = seq, cid = f[4], from = 'adviser', sealed = f[6], key = c.key, at = tonumber(f[8])})
end
putc(id, c, 'seq', seq, 'held', 0, 'heldin', '')
return {0, #list, {}}
