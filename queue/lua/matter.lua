-- matter: how a leg stands to its matter, for who has it or finishes its form; and what is noted of it.
-- A number stands once it is there; a link brings its own unless the person has taken one.
-- Epoch -1 is a supervisor at the board, who finishes what is owed and has no leg.
-- ARGV: 4 adviser, 5 console epoch, 6 contact, 7 number (sealed, '': none), 8 carded, continued or ''.
-- Reply: {number, wanted, carded, continued}.
local aid, id, what = ARGV[4], ARGV[6], ARGV[8]
if ARGV[5] ~= '-1' and adviser(aid).conn ~= ARGV[5] then return unseated(adviser(aid), ARGV[5]) end
local c = contact(id)
local mine = c.owner == aid and (live(c) or c.state == 'wrapping' or c.state == 'parked' or c.state == 'owed')
if not mine and not everybodys(c) then return {2} end
local taken = c.matter_wanted == '1' or c.matter_card == '1'
if ARGV[7] ~= '' and ((c.matter or '') == '' or what == 'continued' and not taken) then putc(id, c, 'matter', ARGV[7]) end
if what == 'carded' and c.matter_card ~= '1' then
  putc(id, c, 'matter_card', '1')
  tellc(id, c, 'matter')
end
if what == 'continued' then putc(id, c, 'continued', '1') end
return ok({number = c.matter or '', wanted = c.matter_wanted == '1', carded = c.matter_card == '1', continued = c.continued == '1'})
