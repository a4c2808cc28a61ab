-- console_down: the console's connection is gone: offers return without blame, legs keep the grace.
-- ARGV: 5 adviser, 6 console epoch, 7 grace ms.
local aid = ARGV[5]
local a = adviser(aid)
if a.conn ~= ARGV[6] or a.up ~= '1' then return {2} end
consoledown(aid, a, tonumber(ARGV[7]))
return ok()
