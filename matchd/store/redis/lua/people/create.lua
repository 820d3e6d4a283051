-- Add an account with its first login, unless its id is there, its handle is taken, or what it was is still being erased.

local known = get(K.accounts, ask.account.id)
if known then return answer({account = known, fresh = false}) end
if redis.call('HEXISTS', K.erasing, ask.account.id) == 1 then return answer({erasing = true}) end
if redis.call('HEXISTS', K.handles, ask.account.folded) == 1 then return answer() end
put(K.accounts, ask.account.id, ask.account)
redis.call('HSET', K.handles, ask.account.folded, ask.account.id)
redis.call('ZADD', K.names, 0, ask.account.folded)
if ask.login then keep_login(ask.login) end
return answer({account = ask.account, fresh = true})
