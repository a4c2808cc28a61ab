-- unlisten: a supervisor stops listening in, or their socket is gone. ARGV: 4 contact, 5 socket.
local c = contact(ARGV[4])
if c.listenmark ~= ARGV[5] then return {2} end
unlisten(ARGV[4], c)
return ok()
