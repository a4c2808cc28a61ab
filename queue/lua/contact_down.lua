-- contact_down: a contact's socket is gone. Waiting: away, place kept, an offer comes back without
-- blame. Active: the adviser is told if it lasts. ARGV: 4 contact, 5 socket, 6 up to where its page has
-- received.
local id = ARGV[4]
local c = contact(id)
if c.state then shown(id, c, num(ARGV[6])) end
if (c.socket or '') == '' or c.socket ~= ARGV[5] then return {2} end
contactdown(id, c)
return ok()
