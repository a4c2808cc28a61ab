-- unhold: the plan is done; whoever is free is fed.
unhold()
return ok()
