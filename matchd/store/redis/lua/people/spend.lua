-- Use something once; it is remembered for so many seconds of Redis' own time.

local name = ask.kind .. '\0' .. ask.digest
if redis.call('ZSCORE', K.spent, name) then return answer(false) end
redis.call('ZADD', K.spent, exact(now + ask.lasts), name)
return answer(true)
