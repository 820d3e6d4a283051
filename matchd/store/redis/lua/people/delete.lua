-- Erase an account with its logins, and up to `limit` of its ties; whether there are more (erase.lua).

local account = get(K.accounts, ask.id)
if not account then return answer() end
redis.call('HDEL', K.accounts, account.id)
redis.call('HDEL', K.handles, account.folded)
redis.call('ZREM', K.names, account.folded)
for _, login in ipairs(logins_of(account.id)) do drop_login(login) end
revoke(account.id, nil, 'deleted')
redis.call('HSET', K.erasing, account.id, '')
erase(account.id, ask.limit)
return answer({account = account, more = redis.call('HEXISTS', K.erasing, account.id) == 1})
