-- tell: tells every console of something that Postgres decided; nothing is stored. ARGV: 4 notice as JSON.
local notice = cjson.decode(ARGV[4])
notice.n, notice.to, notice.now = nil, 'a:*', now
for _, node in ipairs(call('HKEYS', P .. ':nodes')) do publish(node, notice) end
return ok()
