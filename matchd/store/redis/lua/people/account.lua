-- One account, named by its id or by its folded handle.

local id = ask.id or redis.call('HGET', K.handles, ask.folded)
return answer(id and get(K.accounts, id) or nil)
