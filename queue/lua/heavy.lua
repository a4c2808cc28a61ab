-- heavy: a contact was heavy for whoever had it: a count of the day, of nobody. ARGV: 4 adviser,
-- 5 console epoch.
if adviser(ARGV[4]).conn ~= ARGV[5] then return unseated(adviser(ARGV[4]), ARGV[5]) end
shift.count('heavy')
return ok()
