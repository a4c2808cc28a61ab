-- console_down: the console's connection is gone: offers return without blame, legs keep the grace.
-- ARGV: 5 adviser, 6 console epoch, 7 grace ms, 8 socket. Epoch 0: the reply of console_up was lost, the
-- socket says whether it ran.
local aid = ARGV[5]
local a = adviser(aid)
local same = a.conn == ARGV[6] or ARGV[6] == '0' and a.socket == ARGV[8]
if not same or a.up ~= '1' then return {2} end
consoledown(aid, a, tonumber(ARGV[7]))
return ok()
