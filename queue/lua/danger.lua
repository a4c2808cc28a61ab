-- danger: a person closes danger that fell silent, with a code. Idempotent by state.
-- ARGV: 4 adviser, 5 console epoch, 6 contact, 7 code.
local aid, id = ARGV[4], ARGV[6]
if adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
local c = contact(id)
if num(c.ended) > 0 and c.closer == aid then return ok() end
if c.state ~= 'danger_open' then return {2} end
putc(id, c, 'closer', aid)
close(id, c, c.exit == '1' and 'exited' or 'abandoned', 'left', ARGV[7])
if c.exit == '1' then
  unnumber(id, c)
  erase(id, c)
end
local stop = now + @textidle
if c.exit ~= '1' then stop = math.min(stop, math.max(num(c.arrival) + @textlife, now)) end -- no text outlives its day
timer('gone|' .. id, stop)
return ok()
