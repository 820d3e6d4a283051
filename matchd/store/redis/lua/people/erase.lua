-- Take out more ties of an account that was deleted; whether there are more still.

if redis.call('HEXISTS', K.erasing, ask.id) == 1 then erase(ask.id, ask.limit) end
return answer(redis.call('HEXISTS', K.erasing, ask.id) == 1)
