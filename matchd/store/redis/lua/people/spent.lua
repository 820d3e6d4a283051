-- Whether something was used.

local name = ask.kind .. '\0' .. ask.digest
return answer(redis.call('ZSCORE', K.spent, name) and true or false)
