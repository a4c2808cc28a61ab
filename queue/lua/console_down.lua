-- console_down: the console's connection is gone: offers return without blame, legs keep the grace.
-- ARGV: 4 adviser, 5 console epoch, 6 socket. Epoch 0: the reply of console_up was lost, the socket says
-- whether it ran.
local aid = ARGV[4]
local a = adviser(aid)
local same = a.conn == ARGV[5] or ARGV[5] == '0' and a.socket == ARGV[6]
if not same or a.up ~= '1' then return {2} end
consoledown(aid, a)
return ok()
