-- relane: a person decides that who waits is more or less urgent; the arrival stays. ARGV: 4 contact, 5 lane.
local id, lane = ARGV[4], ARGV[5]
local c = contact(id)
if c.state ~= 'waiting' and c.state ~= 'offered' and c.state ~= 'away' then return {2} end
if c.lane == lane then return ok() end
local waits = c.state == 'waiting'
if waits then unclass(id, c) end
alarm(id, c, 'closed')
putc(id, c, 'lane', lane)
event('relaned', id, c)
if waits then wait(id, c) end
return ok()
