-- Erase an account with its logins, history and ratings, and up to `limit` of what else hangs on it;
-- whether there is more (erase.lua).

local account = get(K.accounts, ask.id)
if not account then return answer() end
redis.call('HDEL', K.accounts, account.id)
redis.call('HDEL', K.handles, account.folded)
redis.call('ZREM', K.names, account.folded)
for _, login in ipairs(logins_of(account.id)) do drop_login(login) end
revoke(account.id, nil, 'deleted')
for _, name in ipairs(members(K.play_history, account.id .. '\0')) do
    redis.call('ZREM', K.play_history, account.id .. '\0' .. name)
    redis.call('HDEL', K.play_results, account.id .. '\0' .. name)
end
redis.call('HDEL', K.play_ratings, account.id)
redis.call('HSET', K.erasing, account.id, '')
erase_all(account.id, ask.limit)
return answer({account = account, more = redis.call('HEXISTS', K.erasing, account.id) == 1})
