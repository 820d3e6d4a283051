-- Look at a booking, named by its id or by its grant, and change nothing.

local id = ask.booking_id or redis.call('HGET', K.grants, ask.grant_hash)
local booking = id and get('bookings', id)
return answer(booking and found(booking) or NIL)
