-- forward: what the page of a stream has posted goes to the node that holds the stream. Nothing is kept.
-- ARGV: 4 "a:" or "c:" + id, 5 version, 6 mark of the stream, 7 key, 8 sealed frames. Code 5: another
-- socket has the stream's place.
local side, id = string.match(ARGV[4], '^(%a):(.*)$')
local t = {state = ARGV[6], key = ARGV[7], sealed = ARGV[8]}
if side == 'a' then
  local a = adviser(id)
  if a.up ~= '1' then return {2} end
  if a.socket ~= ARGV[6] then return {5} end
  tella(id, a, 'frames', t)
else
  local c = contact(id)
  if not bearer(c, ARGV[5]) or c.up ~= '1' then return {2} end
  if c.socket ~= ARGV[6] then return {5} end
  tellc(id, c, 'frames', t)
end
return ok()
