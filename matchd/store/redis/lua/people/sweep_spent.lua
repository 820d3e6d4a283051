-- Forget what was used and is due.

local due = redis.call('ZRANGEBYSCORE', K.spent, '-inf', exact(now), 'LIMIT', 0, ask.limit)
for _, name in ipairs(due) do redis.call('ZREM', K.spent, name) end
return answer(#due)
