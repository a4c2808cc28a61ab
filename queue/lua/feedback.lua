-- feedback: counts the numbers of a person whose contact has ended, once; who gave them is not kept.
-- ARGV: 4 contact, 5 version, then question and mark in turn.
local id = ARGV[4]
local c = contact(id)
if not bearer(c, ARGV[5]) or num(c.ended) == 0 or now - num(c.ended) > 600000 then return {2} end
if c.rated ~= '1' then
  putc(id, c, 'rated', '1')
  for i = 6, #ARGV - 1, 2 do call('HINCRBY', P .. ':feedback', ARGV[i] .. ':' .. ARGV[i + 1], 1) end
end
return ok()
