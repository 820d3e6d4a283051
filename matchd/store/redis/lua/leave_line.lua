-- Leave the line unless a slot was granted meanwhile.

local booking = get('bookings', ask.booking_id)
if not booking then return answer(NIL) end
if booking.state == 'waiting' then finish(booking, 'lapse', ask.cause) end
return answer(found(booking))
