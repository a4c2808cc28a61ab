-- handover: everything goes back at once: offers without blame, conversations on top, forms as owed;
-- the adviser is off duty. ARGV: 4 adviser, 5 console epoch. Reply: duty.
local aid = ARGV[4]
local a = adviser(aid)
if a.conn ~= ARGV[5] then return unseated(a, ARGV[5]) end
puta(aid, a, 'duty', 'off', 'reason', '')
local stopped = refresh(aid, a)
withdrawAll(aid, 'superseded')
for _, id in ipairs(legs(aid, 'wrapping')) do unwrap(id, contact(id)) end
beside.giveUp(aid, 'handed_over')
unownAll(aid, 'handover')
if stopped then rematch(aid, a) end
return ok(duty(a))
