-- contact_down: a contact's socket is gone. Waiting: away, place kept, an offer comes back without
-- blame. Active: the adviser is told if it lasts. ARGV: 5 contact, 6 socket, 7 away ms, 8 danger away
-- ms, 9 quiet ms.
local id = ARGV[5]
local c = contact(id)
if not c.state or c.socket ~= ARGV[6] then return {2} end
contactdown(id, c, tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]))
return ok()
