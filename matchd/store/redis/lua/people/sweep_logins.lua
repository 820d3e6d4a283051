-- Remove logins that have expired and entries of the log that no token is as old as.

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
return answer(done)
