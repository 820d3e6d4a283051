-- The lines that somebody stands in, for one caller in so many seconds.

local last = tonumber(redis.call('HGET', K.play_totals, 'turn') or 0)
if now < last + ask.every then return answer() end
redis.call('HSET', K.play_totals, 'turn', exact(now))
return answer(redis.call('HKEYS', K.play_sizes))
