-- Erase an account with its logins and its ties; the blocks that others hold against an id that may come
-- back stay theirs. O(ties).

local account = get(K.accounts, ask.id)
if not account then return answer() end
redis.call('HDEL', K.accounts, account.id)
redis.call('HDEL', K.handles, account.folded)
redis.call('ZREM', K.names, account.folded)
for _, login in ipairs(logins_of(account.id)) do drop_login(login) end
for _, name in ipairs(members(K.lists, account.id .. '\0')) do
    local other = string.match(name, '^[^%z]*%z(.*)$')
    local mine, theirs = side(account.id, other), side(other, account.id)
    local kept = ask.comes_back and theirs.edge == 'blocks'
    write_side(account.id, other, mine, NOTHING, not kept)
    if not kept then write_side(other, account.id, theirs, NOTHING, true) end
end
revoke(account.id, nil, 'deleted')
return answer(account)
