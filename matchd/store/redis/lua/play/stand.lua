-- Where somebody is, whose place is renewed, and who is waited for by a call.

local id = seat_of(ask.account)
if id then
    renew(id)
    if ask.waiter then redis.call('HSET', K.play_waiters, ask.account, cmsgpack.pack(ask.waiter)) end
end
return answer(standing(ask.account))
