-- opening: opens the line for new chats or closes it, with a message for the page and the instant at which it
-- opens by itself; who waits is served on. ARGV: 4 closed, 5 notice (JSON by language, or empty), 6 reopens
-- (ms; 0 by hand), 7 event mode.
local closed, reopens = ARGV[4] == '1', tonumber(ARGV[6])
if closed and reopens > 0 and reopens <= now then return {13} end
if closed then
  call('HSET', META, 'closed', '1')
else
  call('HDEL', META, 'closed')
  reopens = 0
end
call('HSET', META, 'notice', ARGV[5], 'reopens', fmt('%.0f', reopens), 'event', ARGV[7])
if reopens > 0 then timer('reopen|line', reopens) else untimer('reopen|line') end
return ok()
