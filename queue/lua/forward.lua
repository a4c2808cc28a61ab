-- forward: what the page of a stream has posted goes to the node that holds the stream. Nothing is kept.
-- ARGV: 5 "a:" or "c:" + id, 6 version, 7 mark of the stream, 8 key, 9 sealed frames. Code 5: another
-- socket has the stream's place.
local side, id = string.match(ARGV[5], '^(%a):(.*)$')
local t = {state = ARGV[7], key = ARGV[8], sealed = ARGV[9]}
if side == 'a' then
  local a = adviser(id)
  if a.up ~= '1' then return {2} end
  if a.socket ~= ARGV[7] then return {5} end
  tella(id, a, 'frames', t)
else
  local c = contact(id)
  if not bearer(c, ARGV[6]) or c.up ~= '1' then return {2} end
  if c.socket ~= ARGV[7] then return {5} end
  tellc(id, c, 'frames', t)
end
return ok()
