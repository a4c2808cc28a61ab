-- interpreter: how far an interpreter is with the leg; it stays with it, and its person is told.
-- ARGV: 4 adviser, 5 console epoch, 6 contact, 7 state.
local id = ARGV[6]
if adviser(ARGV[4]).conn ~= ARGV[5] then return unseated(adviser(ARGV[4]), ARGV[5]) end
local c = contact(id)
if c.owner ~= ARGV[4] or not live(c) and c.state ~= 'wrapping' then return {2} end
if c.interpreter == ARGV[7] then return ok() end
putc(id, c, 'interpreter', ARGV[7])
if live(c) then tellc(id, c, 'interpreter', {state = ARGV[7]}) end
return ok()
