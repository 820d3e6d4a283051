-- Take out more of what hangs on an account that was deleted; whether there are more still.

if redis.call('HEXISTS', K.erasing, ask.id) == 1 then erase_all(ask.id, ask.limit) end
return answer(redis.call('HEXISTS', K.erasing, ask.id) == 1)
