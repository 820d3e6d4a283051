-- Remove logins that have expired, entries of the log that no token is as old as, and what is left of a
-- deleted account, should the node that erased it have died meanwhile.

local done = 0
local due = redis.call('ZRANGEBYSCORE', K.logins_due, '-inf', exact(now), 'LIMIT', 0, ask.limit)
for _, id in ipairs(due) do
    drop_login(get(K.logins, id))
    done = done + 1
end
for _, raw in ipairs(redis.call('ZRANGE', K.revocations, 0, ask.limit - 1)) do
    if cmsgpack.unpack(raw).at >= now - ask.retention then break end
    redis.call('ZREM', K.revocations, raw)
    done = done + 1
end
local leftover = redis.call('HGETALL', K.erasing)[1]
if leftover then done = done + erase_all(leftover, ask.limit) end
return answer(done)
