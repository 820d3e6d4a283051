-- Changes after a number. The memory's name tells the numbers of one memory from those of another.

local oldest = redis.call('ZRANGE', K.lobby_log, 0, 0, 'WITHSCORES')
local head = tonumber(redis.call('HGET', K.lobby_totals, 'seq') or 0)
local entries = redis.call(
    'ZRANGEBYSCORE', K.lobby_log, '(' .. ask.after, '+inf', 'LIMIT', 0, ask.limit)
return answer({
    epoch = redis.call('HGET', K.pulse, 'memory') or '', head = head, entries = entries,
    first = tonumber(oldest[2]) or head + 1,
})
