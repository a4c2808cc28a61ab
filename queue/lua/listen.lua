-- listen: a supervisor listens in on a chat from now on; both sides, who have to be there, are told in the same step.
-- Idempotent by socket. ARGV: 4 contact, 5 supervisor, 6 alias, 7 socket, 8 look: 1 says only whether it can be.
local id, who, mark = ARGV[4], ARGV[5], ARGV[7]
local c = contact(id)
if not live(c) or c.windows or c.up ~= '1' or c.owner == who or adviser(c.owner).up ~= '1' then return {2} end
if c.listenmark == mark then return ok() end
if c.listener then return {21} end
if ARGV[8] == '1' then return ok() end
putc(id, c, 'listener', who, 'listenalias', ARGV[6], 'listennode', NODE, 'listenmark', mark)
hold('l|' .. id .. '|' .. mark)
tellListener(id, c, 'joined')
return ok()
