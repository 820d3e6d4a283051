-- How many accounts there are.

return answer(redis.call('ZCARD', K.names))
