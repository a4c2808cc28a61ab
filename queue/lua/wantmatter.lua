-- wantmatter: the person takes the number of the matter, while or shortly after somebody has the leg. The
-- number that stands is the one. ARGV: 4 contact, 5 version, 6 number (sealed). Reply: as matter.
local id = ARGV[4]
local c = contact(id)
if not bearer(c, ARGV[5]) then return {2} end
local open = live(c) or c.state == 'parked' or c.state == 'wrapping' or c.state == 'owed'
if not open and not (c.matter_card == '1' and (c.matter or '') ~= '') then return {2} end
if (c.matter or '') == '' then putc(id, c, 'matter', ARGV[6]) end
if c.matter_wanted ~= '1' then
  putc(id, c, 'matter_wanted', '1')
  if (c.owner or '') ~= '' and c.matter_card ~= '1' then
    tella(c.owner, adviser(c.owner), 'contact', {contact = id, state = 'matter'})
  end
end
return ok({number = c.matter, wanted = true, carded = c.matter_card == '1', continued = c.continued == '1'})
