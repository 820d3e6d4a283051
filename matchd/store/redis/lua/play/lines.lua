-- How many tickets stand in each line.

return answer(redis.call('HGETALL', K.play_sizes))
