-- over: the ledger has left this life of the queue. No node's script runs here until the line is entered anew.
-- ARGV: 4 the incarnation that is over.
if call('HGET', META, 'incarnation') == ARGV[4] then call('HSET', META, 'incarnation', -1) end
return ok()
