-- Logins and the log of what was revoked.

local function revoke(account, login, cause)
    local seq = redis.call('HINCRBY', K.totals, 'revoked', 1)
    local entry = {seq = seq, at = ask.at, account = account, login = login, cause = cause}
    redis.call('ZADD', K.revocations, seq, cmsgpack.pack(entry))
end

-- The logins of an account by the time in a field, the earliest first; equal ones by their ids, in the
-- order of the index (Lua would compare text by Redis' locale).
local function logins_by(field, account)
    local found, place = {}, {}
    for i, id in ipairs(members(K.logins_of, account .. '\0')) do
        found[i] = get(K.logins, id)
        place[found[i]] = i
    end
    table.sort(found, function(a, b)
        if a[field] ~= b[field] then return a[field] < b[field] end
        return place[a] < place[b]
    end)
    return found
end

local function logins_of(account)
    return logins_by('created_at', account)
end

local function keep_login(login)
    put(K.logins, login.id, login)
    redis.call('ZADD', K.logins_of, 0, login.account .. '\0' .. login.id)
    redis.call('ZADD', K.logins_due, exact(login.expires_at), login.id)
end

local function drop_login(login)
    redis.call('HDEL', K.logins, login.id)
    redis.call('ZREM', K.logins_of, login.account .. '\0' .. login.id)
    redis.call('ZREM', K.logins_due, login.id)
end

local function end_login(login, cause)
    drop_login(login)
    revoke(login.account, login.id, cause)
end

-- End all logins of an account but `keep`; their ids.
local function end_logins(account, cause, keep)
    local over = {}
    for _, login in ipairs(logins_of(account)) do
        if login.id ~= keep then
            end_login(login, cause)
            over[#over + 1] = login.id
        end
    end
    return over
end
